import { deepEqual, equal } from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  dnsAlias,
  type AliasTarget,
  type DnsAliasArgs,
} from "../../../components/front/dnsAlias.ts";
import { at, mockPulumi, valueOf } from "../../mocks/mocks.ts";

const DNS = { dnsName: "chat.example.com", hostedZoneId: "Z0123456789ABC" };

async function mockedAlias(args: DnsAliasArgs, type: AliasTarget["type"] = "network") {
  const recorder = await mockPulumi();
  const parent = new pulumi.ComponentResource(
    "sockjs-sticky:index:StickyService",
    "chat",
    {},
    { providers: [new aws.Provider("ours", { region: "eu-west-1" })] },
  );
  const hostname = pulumi.output("k8s-chat.elb.example");
  const host = dnsAlias("chat", args, { type, hostname }, { parent });
  await recorder.settle();
  return { recorder, host };
}

describe("a load balancer's DNS alias", () => {
  for (const type of ["network", "application"] as const) {
    it(`points to a load balancer of type ${type}, in the zone that AWS has for that type`, async () => {
      const { recorder, host } = await mockedAlias(DNS, type);
      const { inputs } = recorder.one("aws:Record", "chat.example.com");
      deepEqual(inputs, {
        zoneId: "Z0123456789ABC",
        name: "chat.example.com",
        type: "A",
        aliases: [
          { name: "k8s-chat.elb.example", zoneId: `Z-${type}`, evaluateTargetHealth: false },
        ],
      });
      equal(await valueOf(host), "chat.example.com");
    });
  }

  for (const [failover, type] of [
    ["primary", "PRIMARY"],
    ["secondary", "SECONDARY"],
  ] as const) {
    it(`has the failover role ${failover} of its load balancer, and follows its health`, async () => {
      const { recorder } = await mockedAlias({ ...DNS, failover });
      const { aliases, setIdentifier, failoverRoutingPolicies } = recorder.one("aws:Record").inputs;
      equal(at(aliases, 0, "evaluateTargetHealth"), true);
      deepEqual([setIdentifier, failoverRoutingPolicies], [failover, [{ type }]]);
    });
  }

  it("is created, and its zone looked up, in the account and region of its parent", async () => {
    const { recorder } = await mockedAlias(DNS);
    const record = recorder.one("aws:Record");
    equal(record.parent, recorder.one("sockjs-sticky:StickyService").urn);
    const providers = [record.provider, ...recorder.calls.map(({ provider }) => provider)];
    deepEqual(
      providers.map((each) => each.split("::")[3]),
      ["ours", "ours"],
    );
  });

  for (const [given, args] of [
    ["nothing", {}],
    ["a DNS name only", { dnsName: DNS.dnsName }],
    ["a zone only", { hostedZoneId: DNS.hostedZoneId }],
  ] as const) {
    it(`is not created with ${given}, which leaves AWS's own name`, async () => {
      const { recorder, host } = await mockedAlias(args);
      equal(recorder.counts()["aws:Record"], undefined);
      deepEqual(recorder.calls, []);
      equal(await valueOf(host), "k8s-chat.elb.example");
    });
  }
});
