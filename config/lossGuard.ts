import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf, type Fault } from "../app/contract/fault.ts";
import { shown } from "../app/contract/shown.ts";
import { workloadRole } from "../app/contract/workloadRole.ts";
import type { Config } from "./config.ts";
import { storageOf } from "./workloadSettings.ts";

/** The settings that cannot be changed without losing something, or cannot be changed back. */
export interface GuardedSettings {
  deletionProtection: boolean;
  name: string;
  region: string;
  /** CIDR block of the stack's VPC, or id of an existing one. */
  vpcCidr: string;
  /** Number of zones, and their NAT gateways, unless the VPC exists. */
  zones?: number | undefined;
  natGateways?: "single" | "per-zone" | undefined;
  /** Subnets of pods in an existing VPC. */
  privateSubnetIds?: string[] | undefined;
  /** Name of an existing cluster, or {@link OWN_CLUSTER}. */
  cluster: string;
  /** Whether pods run on the nodes of an existing cluster. */
  nodes: boolean;
  secretsEncryption: boolean;
  keepsData: boolean;
  /** Whether images were ever built. Their repository stays until `pulumi destroy`. */
  buildsImage: boolean;
  /** Names of the workloads with a database of their own. */
  databases: string[];
  /** Names of the workloads that are built from a folder, each of which has a repository. */
  builtWorkloads: string[];
  kubernetesVersion: string;
  postgresVersion: string;
  databaseStorageGiB: number;
}

/** What the last `pulumi up` recorded for the next one; earlier releases recorded less. */
export interface LastUp extends Partial<GuardedSettings> {
  /** Names of the subnets' zones. */
  zoneNames?: string[];
  /** ARN of the cluster's creator. */
  creator?: string | undefined;
}

/** A setting whose change loses something. */
interface Guard {
  of: Exclude<keyof GuardedSettings, "deletionProtection" | "buildsImage" | "databases">;
  /** Its name for people. */
  setting: string;
  /** What the change would do. */
  loss: string;
  /** Changes in this direction are made in place. @default - there are none */
  harmless?: (old: Partial<GuardedSettings>, now: GuardedSettings) => boolean;
  /** Describes a value. @default - as JSON */
  describe?: (value: unknown) => string;
  /** Rejects the change even without deletion protection, because it would fail, or replace everything. @default false */
  always?: boolean;
}

/** Stands for the name of a cluster that the stack creates. No cluster can have this name. */
const OWN_CLUSTER = "the stack's own";

const RESTARTS_PODS = "replaces the Fargate profiles, which restarts all pods without a drain";

const GUARDS: readonly Guard[] = [
  { of: "name", setting: "the stack's name", loss: "replaces everything", always: true },
  { of: "region", setting: "aws:region", loss: "replaces everything", always: true },
  {
    of: "vpcCidr",
    setting: "vpcCidr or network.vpcId",
    loss: "replaces the VPC, which cluster and database cannot leave",
    always: true,
  },
  {
    of: "zones",
    setting: "zones",
    loss: "deletes subnets of the VPC, in which load balancers are",
    harmless: ({ zones = 0 }, now) => (now.zones ?? Infinity) > zones,
    always: true,
  },
  {
    of: "zones",
    setting: "zones",
    loss: RESTARTS_PODS,
    harmless: ({ zones = 0 }, now) => (now.zones ?? 0) < zones,
  },
  {
    of: "nodes",
    setting: "cluster.nodes",
    loss: "moves pods between nodes and Fargate without a drain",
  },
  {
    of: "privateSubnetIds",
    setting: "network.privateSubnetIds",
    loss: RESTARTS_PODS,
    harmless: (old, now) =>
      now.privateSubnetIds === undefined ||
      isDeepStrictEqual(old.privateSubnetIds, now.privateSubnetIds),
  },
  {
    of: "natGateways",
    setting: "natGateways",
    loss: "deletes NAT gateways of the VPC",
    harmless: (_, { natGateways }) => natGateways !== "single",
  },
  {
    of: "cluster",
    setting: "cluster.name",
    loss: "replaces everything in the cluster",
    always: true,
  },
  {
    of: "secretsEncryption",
    setting: "secretsEncryption",
    loss: "replaces the cluster, with all that is in it",
    harmless: (_, now) => now.secretsEncryption || now.cluster !== OWN_CLUSTER,
    always: true,
  },
  {
    of: "keepsData",
    setting: "workloads",
    loss: "deletes the database",
    harmless: (_, now) => now.keepsData,
    describe: (value) => `${value === true ? "with" : "without"} an app that keeps data`,
  },
  {
    of: "builtWorkloads",
    setting: "workloads",
    loss: "deletes the images of what is no longer built",
    harmless: ({ builtWorkloads = [] }, now) =>
      builtWorkloads.every((each) => now.builtWorkloads.includes(each)),
    describe: (value) => `with build in ${(value as string[]).join(", ") || "none"}`,
  },
  {
    of: "kubernetesVersion",
    setting: "kubernetesVersion",
    loss: "is a downgrade, which EKS refuses; EKS itself upgrades a cluster when support of its version ends",
    harmless: ({ kubernetesVersion = "" }, now) =>
      !isBefore(now.kubernetesVersion, kubernetesVersion) || now.cluster !== OWN_CLUSTER,
    always: true,
  },
  {
    of: "postgresVersion",
    setting: "postgresVersion",
    loss: "is a downgrade, which RDS refuses",
    harmless: ({ keepsData, postgresVersion = "" }, now) =>
      keepsData !== true || !now.keepsData || !isBefore(now.postgresVersion, postgresVersion),
    always: true,
  },
  {
    of: "databaseStorageGiB",
    setting: "databaseStorageGiB",
    loss: "shrinks the storage of the database, which RDS refuses",
    harmless: ({ keepsData, databaseStorageGiB = 0 }, now) =>
      keepsData !== true || !now.keepsData || now.databaseStorageGiB > databaseStorageGiB,
    always: true,
  },
];

/**
 * Rejects, before anything is created, settings that would replace or delete what deletion protection protects. Pulumi would
 * reject them, too, but in the middle of an update, and would name a resource instead of the setting. Changes that fail in
 * the middle even without protection are always rejected. Turning the protection off takes an `up` of its own, because only
 * the last `up` records whether there is any.
 *
 * @returns what the last `pulumi up` that got as far as the stack's outputs recorded, which is nothing before the first one;
 * and what this one records
 * @throws pulumi.RunError naming every such setting at once
 */
export async function compareWithLastUp(
  config: Config,
): Promise<{ lastUp: LastUp | undefined; settings: GuardedSettings }> {
  const stack = new pulumi.StackReference(stackName());
  const lastUp = (await stack.getOutputDetails("guardedSettings")).value as LastUp | undefined;
  const settings = settingsToGuard(config, lastUp);
  const faults = lastUp === undefined ? [] : lossFaults(lastUp, settings);
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
  for (const workload of orphanedDatabases(lastUp, settings)) {
    void pulumi.log.warn(
      `${workload} has no database any more: the former one, ${workloadRole(workload)}, stays with its data`,
    );
  }
  return { lastUp, settings };
}

/** Workloads whose database outlives this `pulumi up`, because nothing drops a database. */
function orphanedDatabases(old: LastUp | undefined, now: GuardedSettings): string[] {
  return now.keepsData
    ? (old?.databases ?? []).filter((workload) => !now.databases.includes(workload))
    : [];
}

/** The stack's full name, unique in its backend. */
export function stackName(): string {
  return [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
}

/** What this `pulumi up` records for the next one. */
function settingsToGuard(config: Config, lastUp: LastUp | undefined): GuardedSettings {
  const { network, controlPlane, database, existingCluster } = config;
  return {
    deletionProtection: config.deletionProtection,
    name: config.name,
    region: config.region,
    ...(network.existing === undefined
      ? { vpcCidr: network.cidr, zones: network.zones, natGateways: network.natGateways }
      : {
          vpcCidr: network.existing.vpcId,
          ...(existingCluster?.nodes !== true && {
            privateSubnetIds: network.existing.privateSubnetIds.toSorted(),
          }),
        }),
    cluster: existingCluster?.name ?? OWN_CLUSTER,
    nodes: existingCluster?.nodes === true,
    secretsEncryption: controlPlane.secretsEncryption,
    buildsImage:
      (config.image.uri === undefined && config.workloads.some(({ app }) => app !== undefined)) ||
      lastUp?.buildsImage === true,
    keepsData: config.workloads.some((workload) => storageOf(workload) !== "none"),
    databases: config.workloads
      .filter((workload) => storageOf(workload) === "own")
      .map(({ name }) => name),
    builtWorkloads: config.workloads
      .filter(({ build }) => build !== undefined)
      .map(({ name }) => name),
    kubernetesVersion: controlPlane.kubernetesVersion,
    postgresVersion: database.postgresVersion,
    databaseStorageGiB: database.storageGiB,
  };
}

/** What is wrong with settings, given those of the last `pulumi up`. */
export function lossFaults(old: LastUp, now: GuardedSettings): Fault[] {
  return GUARDS.filter(
    ({ of, always = false, harmless }) =>
      old[of] !== undefined &&
      old[of] !== now[of] &&
      (always || old.deletionProtection === true) &&
      harmless?.(old, now) !== true,
  ).map(({ of, setting, loss, always = false, describe = shown }) => ({
    name: setting,
    problem: `is ${describe(now[of])}, and was ${describe(old[of])}`,
    mustBe: `${describe(old[of])}, because the change ${loss}`,
    fix: always
      ? "revert it, or run `pulumi destroy` first"
      : "revert it, or set deletionProtection to false and run `pulumi up` first",
  }));
}

/** Whether a version is older than another one. Parts that one of them omits are not compared: `18` is any version 18. */
function isBefore(version: string, other: string): boolean {
  const [one, two] = [version, other].map((each) => each.split(".").map(Number));
  const at = one?.findIndex((part, index) => part !== two?.[index]) ?? -1;
  return (one?.[at] ?? Infinity) < (two?.[at] ?? -Infinity);
}
