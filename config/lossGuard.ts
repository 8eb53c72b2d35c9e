import { keepsData } from "../app/contract/catalogue.ts";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf, type Fault } from "../app/contract/fault.ts";
import { shown } from "../app/contract/shown.ts";
import type { Config } from "./load.ts";

/** What a stack was made with, of all that cannot be changed without a loss, or not back. */
export interface GuardedSettings {
  deletionProtection: boolean;
  name: string;
  region: string;
  vpcCidr: string;
  zones: number;
  natGateways: "single" | "per-zone";
  secretsEncryption: boolean;
  keepsData: boolean;
  /** Whether images were ever built: their repository stays until `pulumi destroy`. */
  buildsImage: boolean;
  kubernetesVersion: string;
  postgresVersion: string;
  databaseStorageGiB: number;
}

/** What the last `pulumi up` left for the next one; earlier releases left less of it. */
export interface LastUp extends Partial<GuardedSettings> {
  /** Names of the zones in which the subnets are. */
  zoneNames?: string[];
  /** ARN of who made the cluster. */
  creator?: string | undefined;
}

/** A setting whose change costs something that is protected. */
interface Guard {
  of: Exclude<keyof GuardedSettings, "deletionProtection" | "buildsImage">;
  /** How a person writes it. */
  setting: string;
  /** What the change would do. */
  loss: string;
  /** Changes in this direction are made in place. @default - there are none */
  harmless?: (old: Partial<GuardedSettings>, now: GuardedSettings) => boolean;
  /** How a value is told. @default - shown as JSON */
  tell?: (value: unknown) => string;
  /** Refused without deletion protection, too: it would not succeed, or nothing would stay. */
  always?: boolean;
}

const GUARDS: readonly Guard[] = [
  { of: "name", setting: "the stack's name", loss: "replaces everything", always: true },
  { of: "region", setting: "aws:region", loss: "replaces everything", always: true },
  {
    of: "vpcCidr",
    setting: "vpcCidr",
    loss: "replaces the VPC, which cluster and database cannot leave",
    always: true,
  },
  {
    of: "zones",
    setting: "zones",
    loss: "deletes subnets of the VPC, in which load balancers are",
    harmless: ({ zones = 0 }, now) => now.zones > zones,
    always: true,
  },
  {
    of: "zones",
    setting: "zones",
    loss: "replaces the Fargate profile of the cluster's own pods",
    harmless: ({ zones = 0 }, now) => now.zones < zones,
  },
  {
    of: "natGateways",
    setting: "natGateways",
    loss: "deletes NAT gateways of the VPC",
    harmless: (_, { natGateways }) => natGateways === "per-zone",
  },
  {
    of: "secretsEncryption",
    setting: "secretsEncryption",
    loss: "replaces the cluster, with all that is in it",
    harmless: (_, { secretsEncryption }) => secretsEncryption,
    always: true,
  },
  {
    of: "keepsData",
    setting: "workloads",
    loss: "deletes the database",
    harmless: (_, now) => now.keepsData,
    tell: (value) => `${value === true ? "with" : "without"} an app that keeps data`,
  },
  {
    of: "kubernetesVersion",
    setting: "kubernetesVersion",
    loss: "is a downgrade, which EKS refuses; EKS itself upgrades a cluster when support of its version ends",
    harmless: ({ kubernetesVersion = "" }, now) =>
      !isBefore(now.kubernetesVersion, kubernetesVersion),
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

/** What the next `pulumi up` compares with. */
export function settingsToGuard(config: Config, lastUp: LastUp | undefined): GuardedSettings {
  const { deletionProtection, name, region, vpcCidr, zones, natGateways, secretsEncryption } =
    config;
  const { kubernetesVersion, postgresVersion, databaseStorageGiB } = config;
  return {
    deletionProtection,
    name,
    region,
    vpcCidr,
    zones,
    natGateways,
    secretsEncryption,
    buildsImage: config.image === undefined || lastUp?.buildsImage === true,
    keepsData: config.workloads.some(({ app }) => keepsData(app)),
    kubernetesVersion,
    postgresVersion,
    databaseStorageGiB,
  };
}

/** The stack's name among all of its backend. */
export function stackName(): string {
  return [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
}

/**
 * What the last `pulumi up` that got as far as the stack's own outputs left; undefined before the first one. Until then
 * nothing runs in the stack, and what is protected has Pulumi's protection alone.
 */
export async function readLastUp(): Promise<LastUp | undefined> {
  const output = await new pulumi.StackReference(stackName()).getOutputDetails("guardedSettings");
  return output.value as LastUp | undefined;
}

/**
 * Refuses, before anything is made, settings that would replace or delete what deletion protection protects. Pulumi would
 * refuse that, too, but in the middle of an update, and would name a resource and not the setting. Those that would fail in
 * the middle without protection are refused always. To end the protection takes an `up` of its own, for it is the last one
 * that says whether there is any.
 *
 * @throws pulumi.RunError naming every such setting at once
 */
export function refuseLosses(old: LastUp, now: GuardedSettings): void {
  const faults = lossFaults(old, now);
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
}

/** What is wrong with settings that follow upon others, which had deletion protection or not. */
export function lossFaults(old: LastUp, now: GuardedSettings): Fault[] {
  return GUARDS.filter(
    ({ of, always = false, harmless }) =>
      old[of] !== undefined &&
      old[of] !== now[of] &&
      (always || old.deletionProtection === true) &&
      harmless?.(old, now) !== true,
  ).map(({ of, setting, loss, always = false, tell = shown }) => ({
    name: setting,
    problem: `is ${tell(now[of])}, and was ${tell(old[of])}`,
    mustBe: `${tell(old[of])}, because the change ${loss}`,
    fix: always
      ? "revert it, or run `pulumi destroy` first"
      : "revert it, or set deletionProtection to false and run `pulumi up` first",
  }));
}

/** Whether a version comes before another one, as far as both are written: `18` may be any of 18. */
function isBefore(version: string, other: string): boolean {
  const [one, two] = [version, other].map((each) => each.split(".").map(Number));
  const at = one?.findIndex((part, index) => part !== two?.[index]) ?? -1;
  return (one?.[at] ?? Infinity) < (two?.[at] ?? -Infinity);
}
