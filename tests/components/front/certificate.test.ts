import { deepEqual, equal, ok } from "node:assert/strict";
import * as aws from "@pulumi/aws";
import { certificateFor } from "../../../components/front/certificate.ts";
import { mockPulumi, valueOf } from "../../mocks/mocks.ts";

const DNS = { dnsName: "chat.example.com", hostedZoneId: "Z0123456789ABC" };
const ARN = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";

async function mockedCertificate(tls: Parameters<typeof certificateFor>[0]) {
  const recorder = await mockPulumi();
  const provider = new aws.Provider("ours", { region: "eu-west-1" });
  const arn = certificateFor(tls, { providers: [provider] });
  await recorder.settle();
  return { recorder, arn };
}

describe("the certificate of a load balancer", () => {
  it("is for its DNS name alone, in the region of the stack", async () => {
    const { recorder } = await mockedCertificate(DNS);
    const { inputs, provider, parent } = recorder.one("aws:Certificate", "chat.example.com");
    deepEqual(inputs, { domainName: "chat.example.com", validationMethod: "DNS" });
    equal(provider.split("::")[3], "ours");
    equal(parent, recorder.one("sockjs-sticky:Certificate", "chat.example.com").urn);
  });

  it("is validated by a record in the zone, which other stacks with the name share and none deletes", async () => {
    const { recorder } = await mockedCertificate(DNS);
    const record = recorder.one("aws:Record", "chat.example.com-validation");
    deepEqual(record.inputs, {
      zoneId: "Z0123456789ABC",
      name: "_token.chat.example.com",
      type: "CNAME",
      records: ["_value.acm-validations.aws."],
      ttl: 300,
      allowOverwrite: true,
    });
    const validation = recorder.one("aws:CertificateValidation", "chat.example.com");
    deepEqual(validation.inputs, {
      certificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/chat.example.com",
      validationRecordFqdns: ["_token.chat.example.com"],
    });
    ok(recorder.isAfter(validation, record));
  });

  it("is used only once it has been issued", async () => {
    const { recorder, arn = "" } = await mockedCertificate(DNS);
    equal(await valueOf(arn), "arn:aws:acm:us-east-1:111122223333:certificate/chat.example.com");
    new aws.ec2.SecurityGroup("reader", { description: arn });
    await recorder.settle();
    const reader = recorder.one("aws:SecurityGroup", "reader");
    ok(recorder.isAfter(reader, recorder.one("aws:CertificateValidation")));
  });

  for (const [what, tls, expected] of [
    ["an existing one", { ...DNS, certificateArn: ARN }, ARN],
    ["no zone", { dnsName: DNS.dnsName }, undefined],
    ["no DNS name", { hostedZoneId: DNS.hostedZoneId }, undefined],
  ] as const) {
    it(`is not created with ${what}`, async () => {
      const { recorder, arn } = await mockedCertificate(tls);
      equal(arn, expected);
      deepEqual(recorder.all("aws:Certificate"), []);
    });
  }
});
