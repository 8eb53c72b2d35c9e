import { deepEqual, equal, match } from "node:assert/strict";
import { at, valueOf } from "../mocks/mocks.ts";
import { runProgram } from "../mocks/program.ts";
import { EXPECTED } from "./expected.ts";
import { programRefusal } from "./refusal.ts";

const DNS = {
  hostedZoneId: "Z0123456789ABC",
  workloads: [
    { app: "echo", dnsName: "echo.example.com" },
    { app: "company", affinity: "cookie", dnsName: "company.example.com" },
    { app: "document", affinity: "key", dnsName: "document.example.com" },
    { app: "echo", name: "plain" },
  ],
};
const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";

describe("a hosted zone", () => {
  it("gives each DNS name a certificate, a TLS listener and a URL, and leaves other workloads alone", async () => {
    const { program, recorder } = await runProgram("dev", DNS);
    const names = ["echo", "company", "document"];
    deepEqual(
      recorder.all("aws:Certificate").map(({ inputs }) => inputs.domainName),
      names.map((name) => `${name}.example.com`),
    );
    deepEqual(await valueOf(program.urls), {
      ...Object.fromEntries(names.map((name) => [name, `https://${name}.example.com`])),
      plain: "http://k8s-plain.elb.example",
    });
    const issued = (name: string) =>
      `arn:aws:acm:us-east-1:111122223333:certificate/${name}.example.com`;
    const annotation = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert";
    for (const [service, name] of [
      ["echo", "echo"],
      ["document-router", "document"],
    ] as const) {
      const { metadata, spec } = recorder.one("kubernetes:Service", service).inputs;
      equal(at(metadata, "annotations", annotation), issued(name));
      equal(at(spec, "ports", 0, "port"), 443);
    }
    const { metadata } = recorder.one("kubernetes:Ingress", "company").inputs;
    const prefix = "alb.ingress.kubernetes.io/";
    equal(at(metadata, "annotations", `${prefix}certificate-arn`), issued("company"));
    equal(at(metadata, "annotations", `${prefix}ssl-redirect`), "443");
    const plain = recorder.one("kubernetes:Service", "plain").inputs;
    equal(at(plain, "metadata", "annotations", annotation), undefined);
  });

  it("sets BEHIND_TLS in replicas whose load balancer terminates TLS", async () => {
    const { recorder } = await runProgram("dev", DNS);
    for (const [type, name, expected] of [
      ["Deployment", "echo", "true"],
      ["Deployment", "company", "true"],
      ["StatefulSet", "document", "true"],
      ["Deployment", "plain", undefined],
    ] as const) {
      const { spec } = recorder.one(`kubernetes:${type}`, name).inputs;
      const env = at(spec, "template", "spec", "containers", 0, "env");
      const variables = env as { name: string; value: string }[];
      equal(variables.find((each) => each.name === "BEHIND_TLS")?.value, expected, name);
    }
  });

  it("gives load balancers names without creating certificates if certificateArn is set", async () => {
    const { recorder } = await runProgram("dev", { ...DNS, certificateArn: CERTIFICATE });
    deepEqual(recorder.all("aws:Certificate"), []);
    equal(recorder.all("aws:Record").length, 3);
  });

  it("can be that of the workloads of prod, with affinity by key", async () => {
    const workloads = EXPECTED.prod.workloads.map(({ app = "", affinity, maxReplicas }) => ({
      ...{ app, affinity, maxReplicas },
      dnsName: `${app}.example.com`,
    }));
    const { recorder } = await runProgram("dev", { ...DNS, workloads });
    equal(recorder.all("aws:Certificate").length, 3);
  });

  const [echo] = DNS.workloads;
  const refusals: [what: string, changes: object, cloud: object, message: string][] = [
    [
      "one that does not exist",
      {},
      { zone: undefined },
      'hostedZoneId is "Z0123456789ABC"; it must be a hosted zone of this AWS account',
    ],
    [
      "a private one, in which ACM finds no record",
      {},
      { zone: { name: "example.com", privateZone: true } },
      'hostedZoneId is "Z0123456789ABC"; it must be a public zone, because ACM cannot find records in the private zone example.com; set a public zone, or certificateArn',
    ],
    [
      "one of other names",
      { workloads: [echo, { app: "company", dnsName: "company.badexample.com" }] },
      {},
      'workloads[1].dnsName is "company.badexample.com"; it must be in the zone example.com',
    ],
    [
      "one that delegates a name",
      { workloads: [echo, { app: "company", dnsName: "company.sub.example.com" }] },
      {
        records: [
          { name: "example.com.", type: "NS" },
          { name: "sub.example.com.", type: "NS" },
        ],
      },
      'workloads[1].dnsName is "company.sub.example.com"; it must be outside of sub.example.com, because example.com delegates it to another zone; set hostedZoneId to the zone sub.example.com',
    ],
    ...["A", "CNAME"].map((type): (typeof refusals)[number] => [
      `one in which a name has a record of type ${type}`,
      {},
      { records: [{ name: "echo.example.com.", type }] },
      `workloads[0].dnsName is "echo.example.com"; it must be a name without a record of others; it has one of type ${type}; delete it, or choose another name`,
    ]),
    ...[{}, { setIdentifier: "secondary" }].map((role): (typeof refusals)[number] => [
      `one in which a name has a record that cannot be the primary one beside ${JSON.stringify(role)}`,
      { workloads: [{ ...echo, routing: { failover: "secondary" } }] },
      { records: [{ name: "echo.example.com.", type: "A", ...role }] },
      'workloads[0].dnsName is "echo.example.com"; it must be a name without a record of others; it has one of type A; set another routing in the stack that has it, or delete it',
    ]),
  ];
  for (const [what, changes, cloud, message] of refusals) {
    it(`is rejected before anything is created: ${what}`, async () => {
      equal(await programRefusal({ ...DNS, workloads: [echo], ...changes }, cloud), message);
    });
  }

  it("can have records of this stack, of other names and types, and of the other role", async () => {
    const workloads = [
      { app: "echo", dnsName: "echo.example.com" },
      { app: "company", dnsName: "company.example.com", routing: { failover: "secondary" } },
    ];
    const records = [
      { name: "example.com.", type: "NS" },
      { name: "echo.example.com.", type: "A" },
      { name: "echo.example.com.", type: "TXT" },
      { name: "xecho.example.com.", type: "A" },
      { name: "company.example.com.", type: "A", setIdentifier: "primary" },
    ];
    const urns = ["urn:pulumi:dev::x::aws:route53/record:Record::echo.example.com"];
    const { recorder } = await runProgram("dev", { ...DNS, workloads }, { records, urns });
    equal(recorder.all("aws:Certificate").length, 2);
  });

  it("can be private with certificateArn, and contains its own name", async () => {
    const zone = { name: "example.com", privateZone: true };
    const changes = { ...DNS, workloads: [{ app: "echo", dnsName: "example.com" }] };
    const { program } = await runProgram(
      "dev",
      { ...changes, certificateArn: CERTIFICATE },
      { zone },
    );
    equal(await valueOf(program.url ?? ""), "https://example.com");
  });
});

describe("a preview", () => {
  const warn = async (changes: object, preview = true) => {
    const { warnings } = await runProgram("dev", { ...changes }, { preview });
    return warnings.filter((warning) => warning.includes("TLS"));
  };

  it("warns of workloads on the internet without TLS", async () => {
    const [warning = "", ...others] = await warn(DNS);
    match(
      warning,
      /^sockjs-sticky:workloads has load balancers on the internet without TLS: plain; /,
    );
    deepEqual(others, []);
    match((await warn({}))[0] ?? "", /without TLS: echo, company, document; /);
  });

  it("does not warn if there is TLS, if load balancers are internal, or during the update", async () => {
    deepEqual(await warn({ certificateArn: CERTIFICATE }), []);
    deepEqual(await warn({ scheme: "internal" }), []);
    deepEqual(await warn({}, false), []);
  });
});
