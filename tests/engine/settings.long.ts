import { deepEqual, ok } from "node:assert/strict";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack } from "./support/stack.ts";

/** What has to stay, whatever is changed: it holds state, or everything is in it. */
const LASTING = ["aws:ec2/vpc:Vpc", "aws:eks/cluster:Cluster", "aws:rds/instance:Instance"];

function keepers(settings: Record<string, unknown>): Record<string, unknown>[] {
  return [{ app: "echo" }, { app: "company", ...settings }, { app: "document", ...settings }];
}

const FIRST = { postgresVersion: "17" };

/** One change after the other, each by itself. */
const CHANGES: readonly Record<string, unknown>[] = [
  { workloads: keepers({ affinity: "key" }) },
  { workloads: keepers({ affinity: "key", maxReplicas: 9 }) },
  { workloads: keepers({ affinity: "cookie" }) },
  { scheme: "internal" },
  { controlPlaneLogs: ["api", "audit"] },
  { secretsEncryption: true },
  { zones: 3 },
  { natGateways: "per-zone" },
  { postgresVersion: "18" },
  { kubernetesVersion: "1.36" },
  { image: "registry.example/app:1" },
];

describe("settings that change, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev", { changes: FIRST });
    const { succeeded, output } = await stack.up();
    ok(succeeded, output);
  });
  after(() => account.close());

  for (const [index, change] of CHANGES.entries()) {
    it(`change to ${JSON.stringify(change)} in one up, without replacing VPC, cluster or database`, async () => {
      stack.configure(Object.assign({ ...FIRST }, ...CHANGES.slice(0, index + 1)) as typeof change);
      const { succeeded, output, steps } = await stack.up();
      ok(succeeded, output);
      ok(steps.length > 0);
      deepEqual(
        steps.filter(({ op, type }) => op !== "update" && LASTING.includes(type)),
        [],
      );
    });
  }

  it("leave nothing behind when the stack is destroyed", async () => {
    const { succeeded, output } = await stack.destroy();
    ok(succeeded, output);
    deepEqual(account.cloud.things, []);
  });
});
