import { deepEqual, equal, ok } from "node:assert/strict";
import { sentenceOf } from "../../app/contract/fault.ts";
import { lossFaults, type GuardedSettings } from "../../config/lossGuard.ts";

const OLD: GuardedSettings = {
  deletionProtection: true,
  name: "sockjs-sticky-prod",
  cluster: "the stack's own",
  nodes: false,
  region: "us-east-1",
  vpcCidr: "10.0.0.0/16",
  zones: 3,
  natGateways: "per-zone",
  secretsEncryption: true,
  keepsData: true,
  buildsImage: true,
  databases: ["chat"],
  builtWorkloads: ["board", "chat"],
  kubernetesVersion: "1.36",
  postgresVersion: "18",
  databaseStorageGiB: 50,
};
const UNPROTECT = "revert it, or set deletionProtection to false and run `pulumi up` first";
const DESTROY = "revert it, or run `pulumi destroy` first";

/** Changes that would not succeed, or leave nothing as it is, and what is said of them. */
const RUINS: [change: Partial<GuardedSettings>, fault: string][] = [
  [
    { name: "sockjs-sticky-live" },
    `the stack's name is "sockjs-sticky-live", and was "sockjs-sticky-prod"; it must be "sockjs-sticky-prod", because the change replaces everything; ${DESTROY}`,
  ],
  [
    { region: "eu-west-1" },
    `aws:region is "eu-west-1", and was "us-east-1"; it must be "us-east-1", because the change replaces everything; ${DESTROY}`,
  ],
  [
    { vpcCidr: "10.1.0.0/16" },
    `vpcCidr or network.vpcId is "10.1.0.0/16", and was "10.0.0.0/16"; it must be "10.0.0.0/16", because the change replaces the VPC, which cluster and database cannot leave; ${DESTROY}`,
  ],
  [
    { zones: 2 },
    `zones is 2, and was 3; it must be 3, because the change deletes subnets of the VPC, in which load balancers are; ${DESTROY}`,
  ],
  [
    { secretsEncryption: false },
    `secretsEncryption is false, and was true; it must be true, because the change replaces the cluster, with all that is in it; ${DESTROY}`,
  ],
];

/** Changes that go one way only, and what they would be. */
const WAYS_BACK: [change: Partial<GuardedSettings>, fault: string][] = [
  [{ kubernetesVersion: "1.35" }, 'kubernetesVersion is "1.35", and was "1.36"'],
  [{ postgresVersion: "17" }, 'postgresVersion is "17", and was "18"'],
  [{ postgresVersion: "17.9" }, 'postgresVersion is "17.9", and was "18"'],
  [{ databaseStorageGiB: 49 }, "databaseStorageGiB is 49, and was 50"],
];

/** Changes that cost what is protected, and what is said of them. */
const LOSSES: [change: Partial<GuardedSettings>, fault: string][] = [
  [
    { zones: 4 },
    `zones is 4, and was 3; it must be 3, because the change replaces the Fargate profiles, which restarts all pods without a drain; ${UNPROTECT}`,
  ],
  [
    { natGateways: "single" },
    `natGateways is "single", and was "per-zone"; it must be "per-zone", because the change deletes NAT gateways of the VPC; ${UNPROTECT}`,
  ],
  [
    { keepsData: false },
    `workloads is without an app that keeps data, and was with an app that keeps data; it must be with an app that keeps data, because the change deletes the database; ${UNPROTECT}`,
  ],
  [
    { builtWorkloads: ["chat", "other"] },
    `workloads is with build in chat, other, and was with build in board, chat; it must be with build in board, chat, because the change deletes the images of what is no longer built; ${UNPROTECT}`,
  ],
];

const sentences = (...args: Parameters<typeof lossFaults>): string[] =>
  lossFaults(...args).map(sentenceOf);

describe("guarded settings", () => {
  for (const [change, fault] of [...RUINS, ...LOSSES]) {
    it(`reject ${JSON.stringify(change)} in a stack that had deletion protection`, () => {
      deepEqual(sentences(OLD, { ...OLD, ...change }), [fault]);
      const unprotected = { ...OLD, ...change, deletionProtection: false };
      deepEqual(sentences(OLD, unprotected), [fault]);
    });
  }

  for (const [change, fault] of RUINS) {
    it(`reject ${JSON.stringify(change)} also in a stack without deletion protection`, () => {
      const old = { ...OLD, deletionProtection: false };
      deepEqual(sentences(old, { ...old, ...change }), [fault]);
    });
  }

  for (const [change] of LOSSES) {
    it(`accept ${JSON.stringify(change)} in a stack without deletion protection`, () => {
      deepEqual(sentences({ ...OLD, deletionProtection: false }, { ...OLD, ...change }), []);
    });
  }

  for (const [change, fault] of WAYS_BACK) {
    it(`reject ${JSON.stringify(change)}, with deletion protection and without`, () => {
      for (const deletionProtection of [true, false]) {
        const old = { ...OLD, deletionProtection };
        const faults = sentences(old, { ...old, ...change });
        equal(faults.length, 1);
        ok(faults[0]?.startsWith(fault), faults[0]);
        ok(faults[0]?.endsWith(DESTROY), faults[0]);
      }
    });
  }

  it("reject an older minor version of PostgreSQL, and accept a newer one or AWS's choice", () => {
    const faultsFrom = (postgresVersion: string, now: string): string[] =>
      sentences({ ...OLD, postgresVersion }, { ...OLD, postgresVersion: now });
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

  it("accept any database settings if there was no database, or will be none", () => {
    const other = { postgresVersion: "17", databaseStorageGiB: 20 };
    deepEqual(sentences({ ...OLD, keepsData: false }, { ...OLD, ...other }), []);
    const unprotected = { ...OLD, deletionProtection: false };
    deepEqual(sentences(unprotected, { ...unprotected, ...other, keepsData: false }), []);
  });

  it("accept increases, and ignore what the last up did not record", () => {
    const before = { kubernetesVersion: "1.35", postgresVersion: "17", databaseStorageGiB: 20 };
    deepEqual(sentences({ ...OLD, ...before }, OLD), []);
    const early = Object.fromEntries(
      Object.entries(OLD).filter(([setting]) => !Object.hasOwn(before, setting)),
    );
    deepEqual(sentences(early, OLD), []);
    deepEqual(sentences({}, OLD), []);
  });

  it("accept a further workload that is built", () => {
    const more = { ...OLD, builtWorkloads: ["game", "board", "chat"] };
    deepEqual(sentences(OLD, more), []);
  });

  it("are all reported if several change", () => {
    const faults = sentences(OLD, { ...OLD, zones: 4, secretsEncryption: false });
    equal(faults.length, 2);
  });

  it("may change if the change is made in place", () => {
    const none = { secretsEncryption: false, keepsData: false, buildsImage: false };
    deepEqual(sentences({ ...OLD, ...none, natGateways: "single" }, OLD), []);
    deepEqual(sentences({ ...OLD, deletionProtection: false }, OLD), []);
  });
});
