import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { checkSettings, textLike } from "./app/common/settings.ts";
import { combinationFaults } from "./combinations.ts";
import { RULES, type Settings } from "./settings.ts";

/** The longest name made from ours, of an IAM role (64), is longer by `-eksRole-role-` and 7 digits. */
const MAX_NAME = 64 - 21;

const PROVIDER_RULES = {
  "aws:region": textLike(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region", "us-east-1"),
};

/** A stack's settings, typed and valid. */
export interface Config extends Settings {
  /** From which the names of all resources are made. */
  name: string;
  region: aws.Region;
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
  const own = settingsOf(project, all);
  const unknown = Object.keys(own).filter((setting) => !(setting in RULES));
  const settings = checkSettings(RULES, own, nameOf);
  const provider = checkSettings(PROVIDER_RULES, all);
  const faults = [
    ...unknown.map(
      (setting) =>
        `${nameOf(setting)} is not a setting: allowed are ${Object.keys(RULES).join(", ")}`,
    ),
    ...nameFaults(name),
    ...provider.faults,
    ...settings.faults,
    ...combinationFaults(settings.values).map(nameOf),
  ];
  if (faults.length > 0) {
    throw new pulumi.RunError(faults.join("\n"));
  }
  const region = provider.values["aws:region"] as aws.Region;
  return { ...(settings.values as Settings), name, region };
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

function nameFaults(name: string): string[] {
  const stack = JSON.stringify(pulumi.getStack());
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    return [
      `the stack's name is ${stack}: allowed are lower-case letters, digits and hyphens; for example dev`,
    ];
  }
  return name.length <= MAX_NAME
    ? []
    : [
        `the stack's name is ${stack}: ${name} has ${name.length} characters, allowed are ${MAX_NAME}; choose a shorter one`,
      ];
}
