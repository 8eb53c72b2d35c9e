import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { SettingsError } from "../app/contract/settings.ts";
import { unknownFault } from "../app/contract/fault.ts";
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
  const config = readConfig(file);
  const known = [WORKLOADS, "secrets", ...Object.keys(RULES)];
  const prefix = `${PROJECT}:`;
  const unknown = Object.keys(config).filter(
    (key) => key.startsWith(prefix) && !known.includes(key.slice(prefix.length)),
  );
  if (unknown.length > 0) {
    throw new SettingsError(...unknown.map((key) => unknownFault(`${file}: ${key}`, known)));
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
    const [fault] = String(error).split("\n");
    throw new SettingsError({
      name: file,
      problem: `cannot be read: ${String(fault)}`,
      mustBe: "YAML with a section config",
    });
  }
}
