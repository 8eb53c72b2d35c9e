import { deepEqual, equal, ok } from "node:assert/strict";
import { lossFaults, type GuardedSettings } from "../../config/lossGuard.ts";

const OLD: GuardedSettings = {
  deletionProtection: true,
  name: "sockjs-sticky-prod",
  region: "us-east-1",
  vpcCidr: "10.0.0.0/16",
  zones: 3,
  natGateways: "per-zone",
  secretsEncryption: true,
  keepsData: true,
  buildsImage: true,
  kubernetesVersion: "1.36",
  postgresVersion: "18",
  databaseStorageGiB: 50,
};
const UNPROTECT = "set it back, or set deletionProtection to false and run pulumi up before";
const DESTROY = "set it back, or run pulumi destroy before";

/** Changes that would not succeed, or leave nothing as it is, and what is said of them. */
const RUINS: [change: Partial<GuardedSettings>, fault: string][] = [
  [
    { name: "sockjs-sticky-live" },
    `the stack's name is "sockjs-sticky-live": it was "sockjs-sticky-prod", and the change replaces everything; ${DESTROY}`,
  ],
  [
    { region: "eu-west-1" },
    `aws:region is "eu-west-1": it was "us-east-1", and the change replaces everything; ${DESTROY}`,
  ],
  [
    { vpcCidr: "10.1.0.0/16" },
    `vpcCidr is "10.1.0.0/16": it was "10.0.0.0/16", and the change replaces the VPC, which cluster and database cannot leave; ${DESTROY}`,
  ],
  [
    { zones: 2 },
    `zones is 2: it was 3, and the change deletes subnets of the VPC, in which load balancers are; ${DESTROY}`,
  ],
  [
    { secretsEncryption: false },
    `secretsEncryption is false: it was true, and the change replaces the cluster, with all that is in it; ${DESTROY}`,
  ],
];

/** Changes that go one way only, and what they would be. */
const WAYS_BACK: [change: Partial<GuardedSettings>, fault: string][] = [
  [{ kubernetesVersion: "1.35" }, 'kubernetesVersion is "1.35": it was "1.36"'],
  [{ postgresVersion: "17" }, 'postgresVersion is "17": it was "18"'],
  [{ postgresVersion: "17.9" }, 'postgresVersion is "17.9": it was "18"'],
  [{ databaseStorageGiB: 49 }, "databaseStorageGiB is 49: it was 50"],
];

/** Changes that cost what is protected, and what is said of them. */
const LOSSES: [change: Partial<GuardedSettings>, fault: string][] = [
  [
    { zones: 4 },
    `zones is 4: it was 3, and the change replaces the Fargate profile of the cluster's own pods; ${UNPROTECT}`,
  ],
  [
    { natGateways: "single" },
    `natGateways is "single": it was "per-zone", and the change deletes NAT gateways of the VPC; ${UNPROTECT}`,
  ],
  [
    { keepsData: false },
    `workloads is without an app that keeps data: it was with an app that keeps data, and the change deletes the database; ${UNPROTECT}`,
  ],
];

describe("guarded settings", () => {
  for (const [change, fault] of [...RUINS, ...LOSSES]) {
    it(`refuse ${JSON.stringify(change)} in a stack that had deletion protection`, () => {
      deepEqual(lossFaults(OLD, { ...OLD, ...change }), [fault]);
      const unprotected = { ...OLD, ...change, deletionProtection: false };
      deepEqual(lossFaults(OLD, unprotected), [fault]);
    });
  }

  for (const [change, fault] of RUINS) {
    it(`refuse ${JSON.stringify(change)} in a stack without deletion protection, too`, () => {
      const old = { ...OLD, deletionProtection: false };
      deepEqual(lossFaults(old, { ...old, ...change }), [fault]);
    });
  }

  for (const [change] of LOSSES) {
    it(`take ${JSON.stringify(change)} in a stack without deletion protection`, () => {
      deepEqual(lossFaults({ ...OLD, deletionProtection: false }, { ...OLD, ...change }), []);
    });
  }

  for (const [change, fault] of WAYS_BACK) {
    it(`refuse ${JSON.stringify(change)}, with deletion protection and without`, () => {
      for (const deletionProtection of [true, false]) {
        const old = { ...OLD, deletionProtection };
        const faults = lossFaults(old, { ...old, ...change });
        equal(faults.length, 1);
        ok(faults[0]?.startsWith(fault), faults[0]);
        ok(faults[0]?.endsWith(DESTROY), faults[0]);
      }
    });
  }

  it("refuse an older minor version of PostgreSQL, and take a newer one or that which AWS chooses", () => {
    const faultsFrom = (postgresVersion: string, now: string): string[] =>
      lossFaults({ ...OLD, postgresVersion }, { ...OLD, postgresVersion: now });
    equal(faultsFrom("17.10", "17.9").length, 1);
    for (const [old, now] of [
      ["17.9", "17.10"],
      ["17.9", "17"],
      ["17", "17.9"],
      ["17.9", "18"],
      ["9.6", "17"],
    ] as const) {
      deepEqual(faultsFrom(old, now), [], `${old} to ${now}`);
    }
  });

  it("take any database where there was none, and where there will be none", () => {
    const other = { postgresVersion: "17", databaseStorageGiB: 20 };
    deepEqual(lossFaults({ ...OLD, keepsData: false }, { ...OLD, ...other }), []);
    const unprotected = { ...OLD, deletionProtection: false };
    deepEqual(lossFaults(unprotected, { ...unprotected, ...other, keepsData: false }), []);
  });

  it("take what goes up, and say nothing of what the last up did not leave", () => {
    const before = { kubernetesVersion: "1.35", postgresVersion: "17", databaseStorageGiB: 20 };
    deepEqual(lossFaults({ ...OLD, ...before }, OLD), []);
    const early = Object.fromEntries(
      Object.entries(OLD).filter(([setting]) => !Object.hasOwn(before, setting)),
    );
    deepEqual(lossFaults(early, OLD), []);
    deepEqual(lossFaults({}, OLD), []);
  });

  it("are each named where several change", () => {
    const faults = lossFaults(OLD, { ...OLD, zones: 4, secretsEncryption: false });
    equal(faults.length, 2);
  });

  it("may change where that is done in place", () => {
    const none = { secretsEncryption: false, keepsData: false, buildsImage: false };
    deepEqual(lossFaults({ ...OLD, ...none, natGateways: "single" }, OLD), []);
    deepEqual(lossFaults({ ...OLD, deletionProtection: false }, OLD), []);
  });
});
