import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack } from "./support/stack.ts";

/** Names of services, as principals and audiences; they are the same in all partitions. */
const SERVICES = ["eks", "eks-fargate-pods", "elasticloadbalancing", "sts"];

describe("regions of other partitions, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  beforeEach(async () => {
    account = await Account.open();
  });
  afterEach(() => account.close());

  for (const [region, partition, domain] of [
    ["us-gov-west-1", "aws-us-gov", "amazonaws.com"],
    ["cn-north-1", "aws-cn", "amazonaws.com.cn"],
  ] as const) {
    it(`use only ARNs and host names of ${partition}`, async () => {
      const { cloud } = account;
      const admins = [`arn:${partition}:iam::${cloud.accountId}:role/ops`];
      const changes = { "aws:region": region, admins, secretsEncryption: true };
      const stack = await Stack.open(account, "dev", { changes });
      const { succeeded, output } = await stack.up();
      ok(succeeded, output);
      const inputs = JSON.stringify(cloud.operations.map((each) => each.inputs));
      const arns = inputs.match(/arn:[\w-]+:/g) ?? [];
      ok(arns.length > 20, `${arns.length} ARNs`);
      deepEqual(new Set(arns), new Set([`arn:${partition}:`]));
      const hosts = inputs.match(/[\w.-]+\.amazonaws\.com[\w.]*/g) ?? [];
      const own = hosts.filter((host) => !SERVICES.includes(host.replace(".amazonaws.com", "")));
      ok(own.length > 10, `${own.length} host names`);
      deepEqual(
        own.filter((host) => !host.includes(`.${region}.`) || !host.endsWith(`.${domain}`)),
        [],
      );
      ok(!inputs.includes("us-east-1"));
    });
  }
});

describe("a region with two zones, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  before(async () => {
    account = await Account.open();
    account.cloud.zones = 2;
  });
  after(() => account.close());

  it("rejects three zones before anything is created, and reports how many it has", async () => {
    const stack = await Stack.open(account, "dev", { changes: { zones: 3 } });
    for (const run of [await stack.preview(), await stack.up()]) {
      equal(run.succeeded, false);
      match(
        run.faults.map(({ message }) => message).join("\n"),
        /^zones is 3; it must be from 2 to 2, because us-east-1 has 2 zones with EKS on Fargate \(for example 2\)$/m,
      );
    }
    deepEqual(account.cloud.operations, []);
  });
});
