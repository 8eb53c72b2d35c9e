import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  sentenceOf,
  sentencesOf,
  unknownFault,
  within,
  type Fault,
} from "../app/contract/fault.ts";
import { checkSettings } from "../app/contract/settings.ts";
import { configOf, type Config } from "./config.ts";
import { placeholderFaults, stackFaults } from "./stackRules.ts";
import { RULES, type Settings } from "./stackSettings.ts";
import { plainTextFault } from "./tlsRules.ts";
import { workloadFaults } from "./workloadRules.ts";
import { checkSecrets } from "./workloadSecrets.ts";
import { checkWorkloads } from "./workloads.ts";

/** The longest name that is made from a stack's is that of an IAM role, at most 64 characters: `NAME-eksRole-role-1234567`. */
const MAX_NAME = 64 - 21;

/** Whether a setting, or a part of it, is encrypted in the stack file. The SDK's types omit it. */
const { isConfigSecret } = pulumi.runtime as unknown as {
  isConfigSecret: (key: string) => boolean;
};

const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

const PROVIDER_RULES = {
  "aws:region": z
    .custom<aws.Region>((region) => REGION.test(String(region)))
    .meta({ description: "an AWS region", example: "us-east-1" }),
};

/**
 * Partitions by prefix of their regions' names; all other regions are in `aws`.
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

/**
 * Reads and checks all settings of the stack. Nothing else reads Pulumi's configuration.
 *
 * @throws pulumi.RunError naming every fault at once
 */
export function loadConfig(): Config {
  const project = pulumi.getProject();
  const name = `${project}-${pulumi.getStack()}`;
  const nameOf = (setting: string): string => `${project}:${setting}`;
  const all = pulumi.runtime.allConfig();
  const { workloads: raw, secrets: rawSecrets, ...own } = settingsOf(project, all);
  const settings = checkSettings(RULES, own, nameOf);
  const list = checkWorkloads(raw, nameOf("workloads"));
  const secrets = checkSecrets(rawSecrets, isConfigSecret(nameOf("secrets")), list.workloads);
  const provider = checkSettings(PROVIDER_RULES, all);
  const region = provider.values["aws:region"];
  const placeholders = within(nameOf(""), placeholderFaults(settings.values));
  const known = ["workloads", "secrets", ...Object.keys(RULES)];
  const faults = [
    ...Object.keys(own)
      .filter((setting) => !known.includes(setting))
      .map((setting) => unknownFault(nameOf(setting), known)),
    ...nameFaults(name),
    ...provider.faults,
    ...settings.faults,
    ...list.faults,
    ...providerFaults(all),
    ...within(nameOf(""), [
      ...secrets.faults,
      ...stackFaults({ ...settings.values, workloads: list.workloads }),
      ...list.workloads.flatMap((workload, index) =>
        within(`workloads[${index}].`, workloadFaults(workload, settings.values)),
      ),
      ...(region === undefined ? [] : regionFaults(settings.values, region)),
      ...(region === undefined ? [] : partitionFaults(settings.values, region)),
    ]),
    ...(pulumi.runtime.isDryRun() ? [] : placeholders),
  ];
  if (faults.length > 0 || !settings.isRight || !list.isRight || !provider.isRight) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
  placeholders.forEach((fault) => void pulumi.log.warn(sentenceOf(fault)));
  const plainText = plainTextFault(list.workloads, settings.values);
  if (pulumi.runtime.isDryRun() && plainText !== undefined) {
    within(nameOf(""), [plainText]).forEach((fault) => void pulumi.log.warn(sentenceOf(fault)));
  }
  return configOf(
    {
      name,
      region: provider.values["aws:region"],
      workloads: list.workloads,
      secrets: secrets.secrets,
    },
    settings.values,
  );
}

/** A project's settings as Pulumi passes them: text, or a list or an object if the text is one in JSON. */
function settingsOf(project: string, all: Record<string, string>): Record<string, unknown> {
  const prefix = `${project}:`;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), jsonOrText(value)]),
  );
}

function jsonOrText(value: string): unknown {
  if (!/^[[{]/.test(value)) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The program creates the provider itself and would ignore its other settings. */
function providerFaults(all: Record<string, string>): Fault[] {
  return Object.keys(all)
    .filter((key) => key.startsWith("aws:") && key !== "aws:region")
    .map((key) => ({
      name: key,
      problem: "is set",
      mustBe: "removed, because the program sets aws:region only",
      fix: "use the environment of the AWS SDK, such as AWS_PROFILE",
    }));
}

/** A load balancer accepts only certificates and web ACLs of its own region. */
function regionFaults({ certificateArn, webAclArn }: Partial<Settings>, region: string): Fault[] {
  return Object.entries({ certificateArn, webAclArn })
    .filter(([, arn]) => arn !== undefined && arn.split(":")[3] !== region)
    .map(([name, got]) => ({ name, got, mustBe: `in ${region} (aws:region)` }));
}

/** Resources of one partition do not exist in another one. */
function partitionFaults(
  { admins = [], certificateArn, webAclArn }: Partial<Settings>,
  region: string,
): Fault[] {
  const partition = partitionOf(region);
  const arns = { certificateArn, webAclArn };
  const all = [
    ...Object.entries(arns),
    ...admins.map((arn, index) => [`admins[${index}]`, arn] as const),
  ];
  return all
    .filter(([, arn]) => arn !== undefined && arn.split(":")[1] !== partition)
    .map(([name, got]) => ({
      name,
      got,
      mustBe: `in the partition of ${region} (aws:region), which is ${partition}`,
    }));
}

function partitionOf(region: string): string {
  return Object.entries(PARTITIONS).find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

function nameFaults(name: string): Fault[] {
  const stack = { name: "the stack's name", got: pulumi.getStack() };
  if (!/^[a-z](-?[a-z0-9])*$/.test(name)) {
    const mustBe = "lower-case letters, digits and single hyphens between them";
    return [{ ...stack, mustBe, example: "dev" }];
  }
  const room = MAX_NAME - (name.length - pulumi.getStack().length);
  return name.length <= MAX_NAME
    ? []
    : [{ ...stack, mustBe: `at most ${room} characters long`, example: "dev" }];
}
