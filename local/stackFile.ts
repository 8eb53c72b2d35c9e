import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { SettingsError } from "../app/contract/settings.ts";
import { unknownFault, type Fault } from "../app/contract/fault.ts";
import { RULES } from "../config/stackSettings.ts";
import { checkWorkloads } from "../config/workloads.ts";
import type { WorkloadSettings } from "../config/workloadSettings.ts";

const ROOT = new URL("../", import.meta.url);

/** Pulumi's name of this project, which prefixes its settings in a stack file. */
const PROJECT = "sockjs-sticky";

const WORKLOADS = "workloads";

/** What both the project's file and a stack's file may have under `config`. */
type ConfigSection = Record<string, unknown>;

/**
 * Reads the workloads of a stack, the only settings that the local run shares with the deployment.
 *
 * @throws SettingsError when there is no such stack, or a setting of it is wrong
 */
export function readWorkloads(stack: string): readonly WorkloadSettings[] {
  const stacks = stackNames();
  if (!stacks.includes(stack)) {
    throw new SettingsError({
      name: "--stack",
      got: stack,
      mustBe: `a stack with a file: ${stacks.join(" or ")}`,
    });
  }
  const file = `Pulumi.${stack}.yaml`;
  return workloadsIn(readConfig(file), file);
}

/**
 * The workloads of a stack file's section `config`.
 *
 * @throws SettingsError when one of its settings is wrong
 */
export function workloadsIn(section: ConfigSection, file: string): readonly WorkloadSettings[] {
  const config = inNamespace(section);
  const known = [WORKLOADS, "secrets", ...Object.keys(RULES)];
  const prefix = `${PROJECT}:`;
  const twice = known.filter((key) => key in section && prefix + key in section);
  const faults = [
    ...twice.map((key) => ({
      name: `${file}: ${key}`,
      problem: `is set, as is ${prefix}${key}`,
      mustBe: "set once",
    })),
    ...Object.keys(config).flatMap((key) => keyFaults(file, key, known)),
  ];
  if (faults.length > 0) {
    throw new SettingsError(...faults);
  }
  const defaults = readConfig("Pulumi.yaml")[WORKLOADS] as { default?: unknown } | undefined;
  const list = checkWorkloads(
    config[prefix + WORKLOADS] ?? defaults?.default,
    `${file}: ${prefix}${WORKLOADS}`,
  );
  if (!list.isRight) {
    throw new SettingsError(...list.faults);
  }
  return list.workloads;
}

/** As Pulumi, which takes keys without a namespace for those of the project. */
function inNamespace(config: ConfigSection): ConfigSection {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.includes(":") ? key : `${PROJECT}:${key}`,
      value,
    ]),
  );
}

/** A setting that has no effect: an unknown one of this project, or a known one in a misspelt namespace. */
function keyFaults(file: string, key: string, known: readonly string[]): Fault[] {
  const [namespace = "", setting = ""] = key.split(/:(.*)/s);
  const name = `${file}: ${key}`;
  if (namespace === PROJECT) {
    return known.includes(setting) ? [] : [unknownFault(name, known)];
  }
  return namespace.startsWith("sockjs") && known.includes(setting)
    ? [{ name, problem: "is not a setting", mustBe: `${PROJECT}:${setting}` }]
    : [];
}

function stackNames(): string[] {
  return readdirSync(ROOT)
    .map((file) => /^Pulumi\.([^.]+)\.yaml$/.exec(file)?.[1])
    .filter((name) => name !== undefined);
}

/** The section `config` of a file, which may be missing or empty. */
function readConfig(file: string): ConfigSection {
  try {
    const content = parse(readFileSync(new URL(file, ROOT), "utf8")) as {
      config?: ConfigSection | null;
    } | null;
    return content?.config ?? {};
  } catch (error) {
    const fault = String(error).split("\n", 1).join("").replace(/:$/, "");
    throw new SettingsError({
      name: file,
      problem: `cannot be read: ${fault}`,
      mustBe: "YAML with a section config",
    });
  }
}
