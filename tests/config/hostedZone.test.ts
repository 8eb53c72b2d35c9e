import { deepEqual, equal, match } from "node:assert/strict";
import { at, valueOf } from "../mocks/mocks.ts";
import { runProgram } from "../mocks/program.ts";
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

/** What replicas get, by Deployment or StatefulSet. */
const TLS = { name: "BEHIND_TLS", value: "true" };

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
    const issued = (name: string) => `arn:aws:acm:us-east-1:111122223333:certificate/${name}`;
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

  it("tells replicas that all their clients use TLS, which a Network Load Balancer cannot", async () => {
    const { recorder } = await runProgram("dev", DNS);
    const isTold = (type: string, name: string): boolean => {
      const { spec } = recorder.one(`kubernetes:${type}`, name).inputs;
      const env = at(spec, "template", "spec", "containers", 0, "env") as (typeof TLS)[];
      return env.some((each) => each.name === TLS.name && each.value === TLS.value);
    };
    equal(isTold("Deployment", "echo"), true);
    equal(isTold("Deployment", "plain"), false);
  });

  it("gets no certificate if there is one", async () => {
    const { recorder } = await runProgram("dev", { ...DNS, certificateArn: CERTIFICATE });
    deepEqual(recorder.all("aws:Certificate"), []);
    equal(recorder.all("aws:Record").length, 3);
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
      'hostedZoneId is "Z0123456789ABC"; it must be a public zone, because ACM finds no record of the private zone example.com; set a public zone, or certificateArn',
    ],
    [
      "one of other names",
      { workloads: [echo, { app: "company", dnsName: "company.badexample.com" }] },
      {},
      'workloads[1].dnsName is "company.badexample.com"; it must be in the zone example.com',
    ],
  ];
  for (const [what, changes, cloud, message] of refusals) {
    it(`is rejected before anything is created: ${what}`, async () => {
      equal(await programRefusal({ ...DNS, workloads: [echo], ...changes }, cloud), message);
    });
  }

  it("can be private with a certificate, and have its own name", async () => {
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
      /^plain: on the internet without TLS; set hostedZoneId and a dnsName for each, /,
    );
    deepEqual(others, []);
    match((await warn({}))[0] ?? "", /^echo, company, document: /);
  });

  it("does not warn if there is TLS, if load balancers are internal, or during the update", async () => {
    deepEqual(await warn({ certificateArn: CERTIFICATE }), []);
    deepEqual(await warn({ scheme: "internal" }), []);
    deepEqual(await warn({}, false), []);
  });
});
