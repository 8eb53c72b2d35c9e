import { equal, rejects } from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { mockPulumi } from "../mocks/mocks.ts";

describe("mocks", () => {
  it("reject a call that no test expects", async () => {
    const recorder = await mockPulumi();
    await rejects(aws.getIpRanges({ services: ["ec2"] }));
    await rejects(recorder.settle(), {
      message: "no test expects a call of aws:index/getIpRanges:getIpRanges",
    });
  });

  it("reject a resource that no test expects", async () => {
    const recorder = await mockPulumi();
    new aws.iam.User("ada");
    await rejects(recorder.settle(), {
      message: "no test expects a resource of type aws:iam/user:User: ada",
    });
  });

  it("reject two resources with one name", async () => {
    const recorder = await mockPulumi();
    new aws.cloudwatch.LogGroup("logs");
    new aws.cloudwatch.LogGroup("logs");
    await rejects(recorder.settle(), /there are two resources .*LogGroup::logs$/);
  });

  it("start empty each time", async () => {
    const first = await mockPulumi();
    new aws.cloudwatch.LogGroup("logs");
    await first.settle();
    const second = await mockPulumi();
    await second.settle();
    equal(first.made.length, 1);
    equal(second.made.length, 0);
  });

  it("derive order from data, dependsOn, parents and providers only", async () => {
    const recorder = await mockPulumi();
    const first = new aws.cloudwatch.LogGroup("first");
    const provider = new aws.Provider("second", { region: "us-east-1" }, { dependsOn: first });
    const key = new aws.kms.Key("third", {}, { provider });
    new aws.cloudwatch.LogGroup("fourth", { kmsKeyId: key.arn });
    new aws.cloudwatch.LogGroup("apart", {}, { parent: first });
    await recorder.settle();
    const [one, four, apart] = ["first", "fourth", "apart"].map((name) =>
      recorder.one("aws:LogGroup", name),
    );
    const isAfter = (later?: typeof one, earlier?: typeof one) =>
      later !== undefined && earlier !== undefined && recorder.isAfter(later, earlier);
    equal(isAfter(four, one), true);
    equal(isAfter(apart, one), true);
    equal(isAfter(one, four), false);
    equal(isAfter(apart, four), false);
    equal(pulumi.runtime.isDryRun(), false);
  });
});
