import { deepEqual, equal, ok } from "node:assert/strict";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack } from "./support/stack.ts";

/** A small stack with all that protection is about. */
const PROTECTED = {
  deletionProtection: true,
  publicAccessCidrs: ["8.8.8.0/24"],
  kubernetesVersion: "1.36",
  databaseStorageGiB: 40,
  secretsEncryption: true,
  natGateways: "per-zone",
  workloads: [{ app: "echo" }, { app: "company" }],
};

/** The role by whose session the stack is made, with its path. */
const CREATOR = "arn:aws:iam::111122223333:role/ops/deployer";

/** A change that would cost what is protected, what is said of it, and what it would do without protection. */
const LOSSES: readonly {
  change: Record<string, unknown>;
  setting: string;
  loses?: string;
}[] = [
  { change: { vpcCidr: "10.9.0.0/16" }, setting: 'vpcCidr or network.vpcId is "10.9.0.0/16"' },
  {
    change: { zones: 3 },
    setting: "zones is 3",
    loses: "aws:eks/fargateProfile:FargateProfile",
  },
  {
    change: { natGateways: "single" },
    setting: 'natGateways is "single"',
    loses: "aws:ec2/natGateway:NatGateway",
  },
  { change: { secretsEncryption: false }, setting: "secretsEncryption is false" },
  {
    change: { workloads: [{ app: "echo" }] },
    setting: "workloads is without an app that keeps data",
    loses: "aws:rds/instance:Instance",
  },
  { change: { "aws:region": "eu-west-1" }, setting: 'aws:region is "eu-west-1"' },
  { change: { kubernetesVersion: "1.35" }, setting: 'kubernetesVersion is "1.35"' },
  { change: { postgresVersion: "17" }, setting: 'postgresVersion is "17"' },
  { change: { databaseStorageGiB: 30 }, setting: "databaseStorageGiB is 30" },
  { change: { admins: [CREATOR] }, setting: `admins[0] is "${CREATOR}"` },
];

describe("a stack with deletion protection, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "dev", { changes: PROTECTED });
    const { succeeded, output } = await stack.up();
    ok(succeeded, output);
  });
  after(() => account.close());

  for (const { change, setting } of LOSSES) {
    it(`rejects ${JSON.stringify(change)} before anything is changed, and names the setting`, async () => {
      const before = account.cloud.operations.length;
      stack.configure({ ...PROTECTED, ...change });
      for (const { succeeded, faults, output } of [await stack.preview(), await stack.up()]) {
        equal(succeeded, false);
        ok(
          faults.some(({ message }) => message.startsWith(setting)),
          output,
        );
      }
      equal(account.cloud.operations.length, before);
    });
  }

  it("rejects it even if the protection is turned off at the same time", async () => {
    stack.configure({ ...PROTECTED, deletionProtection: false, natGateways: "single" });
    const { succeeded, faults } = await stack.up();
    equal(succeeded, false);
    ok(faults.some(({ message }) => message.startsWith('natGateways is "single"')));
  });

  it("reports all such settings at once", async () => {
    stack.configure({ ...PROTECTED, zones: 3, secretsEncryption: false });
    const [first] = (await stack.preview()).faults;
    deepEqual(
      first?.message
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]),
      ["zones", "secretsEncryption"],
    );
  });

  it("rejects its first Kubernetes version after EKS has upgraded the cluster", async () => {
    const made = account.cloud.need("aws:eks/cluster:Cluster", "sockjs-sticky-dev");
    const before = account.cloud.operations.length;
    made.outputs.version = "1.37";
    stack.configure(PROTECTED);
    const { succeeded, faults, output } = await stack.preview();
    equal(succeeded, false);
    ok(
      faults.some(({ message }) => message.startsWith('kubernetesVersion is "1.36"')),
      output,
    );
    equal(account.cloud.operations.length, before);
    made.outputs.version = "1.36";
  });

  it("keeps its zones while one of them is not available", async () => {
    account.cloud.lostZones = "a";
    stack.configure(PROTECTED);
    const { succeeded, output, steps } = await stack.preview();
    ok(succeeded, output);
    deepEqual(steps, []);
    account.cloud.lostZones = "";
  });

  it("accepts changes in place", async () => {
    stack.configure({ ...PROTECTED, workloads: [...PROTECTED.workloads, { app: "document" }] });
    const { succeeded, output, steps } = await stack.up();
    ok(succeeded, output);
    deepEqual(
      steps.filter(({ op }) => op !== "create" && op !== "update"),
      [],
    );
  });

  it("accepts the settings after an up without protection, and deletes what they replace", async () => {
    stack.configure({ ...PROTECTED, deletionProtection: false });
    const { succeeded, output } = await stack.up();
    ok(succeeded, output);
    for (const { change, loses } of LOSSES.filter((each) => each.loses !== undefined)) {
      stack.configure({ ...PROTECTED, deletionProtection: false, ...change });
      const preview = await stack.preview();
      ok(preview.succeeded, preview.output);
      const lost = preview.steps.filter(({ op }) => op.startsWith("delete"));
      ok(
        lost.some(({ type }) => type === loses),
        JSON.stringify(change),
      );
    }
  });
});
