import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseSettings, SettingsError, type Values } from "../app/common/settings.ts";
import { SHARED_RULES } from "../settings.ts";

const ROOT = new URL("../", import.meta.url);

/** Pulumi's name of this project, which prefixes its settings in a stack file. */
const PROJECT = "sockjs-sticky";

/** Where Pulumi keeps what a project's settings are unless a stack says otherwise. */
interface ProjectFile {
  config: Record<string, { default?: unknown }>;
}

interface StackFile {
  config?: Record<string, unknown>;
}

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
  const project = read("Pulumi.yaml") as ProjectFile;
  const file = `Pulumi.${stack}.yaml`;
  const { config = {} } = (read(file) as StackFile | null) ?? {};
  const raw = Object.fromEntries(
    Object.keys(SHARED_RULES).map((setting) => [
      setting,
      config[`${PROJECT}:${setting}`] ?? project.config[setting]?.default,
    ]),
  );
  return parseSettings(SHARED_RULES, raw, (setting) => `${PROJECT}:${setting} in ${file}`);
}

function stackNames(): string[] {
  return readdirSync(ROOT)
    .map((file) => /^Pulumi\.([^.]+)\.yaml$/.exec(file)?.[1])
    .filter((name) => name !== undefined);
}

function read(file: string): unknown {
  return parse(readFileSync(new URL(file, ROOT), "utf8"));
}
