import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { checkSettings, textLike } from "../app/common/settings.ts";
import { cut, listed, shown } from "../app/common/shown.ts";
import { isDocumentation } from "../components/network/subnets.ts";
import { combinationFaults } from "./stackRules.ts";
import { RULES, type Settings } from "./stackSettings.ts";
import { workloadFaults } from "./workloadRules.ts";
import { checkWorkloads, type WorkloadSettings } from "./workloads.ts";

/** The longest name made from ours, of an IAM role (64), is longer by `-eksRole-role-` and 7 digits. */
const MAX_NAME = 64 - 21;

const PROVIDER_RULES = {
  "aws:region": textLike(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region", "us-east-1"),
};

/**
 * Partitions by the beginning of their regions' names; all others are in `aws`.
 *
 * Source: https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
 */
const PARTITIONS: Readonly<Record<string, string>> = {
  "cn-": "aws-cn",
  "us-gov-": "aws-us-gov",
  "us-iso-": "aws-iso",
  "us-isob-": "aws-iso-b",
  "us-isof-": "aws-iso-f",
  "eu-isoe-": "aws-iso-e",
};

/** A stack's settings, typed and valid. */
export interface Config extends Settings {
  /** From which the names of all resources are made. */
  name: string;
  region: aws.Region;
  workloads: readonly WorkloadSettings[];
}

/**
 * Reads and checks all settings of the stack; nothing else reads config.
 *
 * @throws pulumi.RunError naming every fault at once
 */
export function loadConfig(): Config {
  const project = pulumi.getProject();
  const name = `${project}-${pulumi.getStack()}`;
  const nameOf = (setting: string): string => `${project}:${setting}`;
  const all = pulumi.runtime.allConfig();
  const { workloads: list, ...own } = settingsOf(project, all);
  const unknown = Object.keys(own).filter((setting) => !Object.hasOwn(RULES, setting));
  const settings = checkSettings(RULES, own, nameOf);
  const { workloads, faults: listFaults } = checkWorkloads(list, nameOf("workloads"));
  const provider = checkSettings(PROVIDER_RULES, all);
  const placeholders = placeholderFaults(settings.values).map(nameOf);
  const faults = [
    ...unknown.map(
      (setting) =>
        `${cut(nameOf(setting))} is not a setting: allowed are workloads, ${Object.keys(RULES).join(", ")}`,
    ),
    ...nameFaults(name),
    ...provider.faults,
    ...settings.faults,
    ...listFaults,
    ...providerFaults(all),
    ...combinationFaults({ ...settings.values, workloads }).map(nameOf),
    ...workloads.flatMap((workload, index) =>
      workloadFaults(workload, settings.values).map((fault) =>
        nameOf(`workloads[${index}].${fault}`),
      ),
    ),
    ...[regionFaults, partitionFaults].flatMap((faultsOf) =>
      faultsOf(settings.values, provider.values["aws:region"]).map(nameOf),
    ),
    ...placeholders.filter(() => !pulumi.runtime.isDryRun()),
  ];
  if (faults.length > 0) {
    throw new pulumi.RunError(listed(faults));
  }
  placeholders.forEach((fault) => void pulumi.log.warn(fault));
  const region = provider.values["aws:region"] as aws.Region;
  return {
    ...(settings.values as Settings),
    workloads: workloads as readonly WorkloadSettings[],
    name,
    region,
  };
}

/**
 * A preview warns of blocks for documentation, such as that of `Pulumi.prod.yaml`; `pulumi up` would make a cluster that
 * nobody reaches, and then fail.
 */
function placeholderFaults({ publicAccessCidrs = [] }: Partial<Settings>): string[] {
  const placeholders = publicAccessCidrs.filter(isDocumentation);
  return placeholders.length === 0
    ? []
    : [
        `publicAccessCidrs has ${cut(placeholders.join(", "))}, from where nobody comes: replace it by the addresses from which Pulumi and kubectl are run, or they will not reach the cluster`,
      ];
}

/** A project's settings as they are written: text, or lists where text is a JSON list. */
function settingsOf(project: string, all: Record<string, string>): Record<string, unknown> {
  const prefix = `${project}:`;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), listOrText(value)]),
  );
}

function listOrText(value: string): unknown {
  if (!value.startsWith("[")) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The provider is made by the program: what else it could be told would be ignored. */
function providerFaults(all: Record<string, string>): string[] {
  return Object.keys(all)
    .filter((key) => key.startsWith("aws:") && key !== "aws:region")
    .map(
      (key) =>
        `${cut(key)} is set: allowed is aws:region only; use the environment of the AWS SDK, for example AWS_PROFILE`,
    );
}

/** A load balancer takes certificates and web ACLs of its own region only. */
function regionFaults(
  { certificateArn, webAclArn }: Partial<Settings>,
  region: string | undefined,
): string[] {
  return Object.entries({ certificateArn, webAclArn }).flatMap(([setting, arn]) => {
    const found = arn?.split(":")[3];
    return found === undefined || region === undefined || found === region
      ? []
      : [
          `${setting} is ${shown(arn)}: it is in ${found}, allowed is one in ${region} (aws:region)`,
        ];
  });
}

/** What is in one partition does not exist for another one. */
function partitionFaults(
  { admins = [], certificateArn, webAclArn }: Partial<Settings>,
  region: string | undefined,
): string[] {
  if (region === undefined) {
    return [];
  }
  const partition = partitionOf(region);
  const arns = [
    ["certificateArn", certificateArn] as const,
    ["webAclArn", webAclArn] as const,
    ...admins.map((arn, index) => [`admins[${index}]`, arn] as const),
  ];
  return arns
    .filter(([, arn]) => arn !== undefined && arn.split(":")[1] !== partition)
    .map(
      ([setting, arn]) =>
        `${setting} is ${shown(arn)}; it must be in the partition of ${region} (aws:region), which is ${partition}`,
    );
}

function partitionOf(region: string): string {
  return Object.entries(PARTITIONS).find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

function nameFaults(name: string): string[] {
  const stack = shown(pulumi.getStack());
  if (!/^[a-z](-?[a-z0-9])*$/.test(name)) {
    return [
      `the stack's name is ${stack}: allowed are lower-case letters, digits and single hyphens between them; for example dev`,
    ];
  }
  return name.length <= MAX_NAME
    ? []
    : [
        `the stack's name is ${stack}: ${name} has ${name.length} characters, allowed are ${MAX_NAME}; choose a shorter one`,
      ];
}
