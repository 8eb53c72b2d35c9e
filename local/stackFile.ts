import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseSettings, SettingsError, type Values } from "../app/common/settings.ts";
import { RULES, SHARED_RULES } from "../settings.ts";

const ROOT = new URL("../", import.meta.url);

/** Pulumi's name of this project, which prefixes its settings in a stack file. */
const PROJECT = "sockjs-sticky";

/** What both the project's file and a stack's file may have under `config`. */
type ConfigSection = Record<string, unknown>;

/**
 * Reads what a stack says of the settings that the local run shares with the deployment.
 *
 * @throws SettingsError when there is no such stack, or a setting of it is wrong
 */
export function readStack(stack: string): Values<typeof SHARED_RULES> {
  const stacks = stackNames();
  if (!stacks.includes(stack)) {
    const allowed = stacks.join(" or ");
    const got = JSON.stringify(stack);
    throw new SettingsError([
      `--stack is ${got}: allowed is ${allowed}; for example --stack ${String(stacks[0])}`,
    ]);
  }
  const file = `Pulumi.${stack}.yaml`;
  const defaults = readConfig("Pulumi.yaml");
  const config = readConfig(file);
  const nameOf = (setting: string): string => `${PROJECT}:${setting}`;
  const unknown = Object.keys(config).filter(
    (key) => key.startsWith(nameOf("")) && !Object.hasOwn(RULES, key.slice(nameOf("").length)),
  );
  if (unknown.length > 0) {
    const allowed = Object.keys(RULES).join(", ");
    throw new SettingsError([
      `${unknown.join(", ")} in ${file} is not a setting: allowed are ${allowed}`,
    ]);
  }
  const raw = Object.fromEntries(
    Object.keys(SHARED_RULES).map((setting) => [
      setting,
      config[nameOf(setting)] ?? (defaults[setting] as { default?: unknown } | undefined)?.default,
    ]),
  );
  return parseSettings(SHARED_RULES, raw, (setting) => `${nameOf(setting)} in ${file}`);
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
    throw new SettingsError([
      `${file} cannot be read: ${fault}; allowed is YAML with a section config`,
    ]);
  }
}
