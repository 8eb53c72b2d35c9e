import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

export const STACKS = ["dev", "staging", "prod"] as const;
export const PROJECT = "sockjs-sticky";

interface Declaration {
  type: "string" | "integer" | "boolean" | "array";
  description: string;
  default: unknown;
}

function read(file: string): unknown {
  return parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"));
}

/** The settings that Pulumi.yaml declares. */
export function declarations(): Record<string, Declaration> {
  return (read("Pulumi.yaml") as { config: Record<string, Declaration> }).config;
}

/** What the stack's own file sets, by the setting's full name; nothing where there is no file. */
export function stackFile(stack: string): Record<string, unknown> {
  return existsSync(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url))
    ? (read(`Pulumi.${stack}.yaml`) as { config: Record<string, unknown> }).config
    : {};
}

/** The stack's own file with what a person has to name before the first `pulumi up`, for which the file has a placeholder. */
export function completeFile(stack: string): Record<string, unknown> {
  const named = stack === "prod" ? { [`${PROJECT}:publicAccessCidrs`]: ["8.8.8.0/24"] } : {};
  return { ...stackFile(stack), ...named };
}

/**
 * Configures the program as Pulumi does: defaults, then the stack's file, all of it text, and lists as JSON.
 *
 * @param changes settings that are different; undefined takes one away
 * @param encrypted full names of the settings that the stack's file has encrypted
 */
export function configure(
  stack: string,
  changes: Record<string, unknown> = {},
  encrypted: readonly string[] = [`${PROJECT}:secrets`],
): void {
  const defaults = Object.entries(declarations()).map(([setting, declared]) => [
    `${PROJECT}:${setting}`,
    declared.default,
  ]);
  const changed = Object.entries(changes).map(([setting, value]) => [
    setting.includes(":") ? setting : `${PROJECT}:${setting}`,
    value,
  ]);
  const settings: [string, unknown][] = Object.entries({
    "aws:region": "us-east-1",
    ...(Object.fromEntries(defaults) as object),
    ...completeFile(stack),
    ...(Object.fromEntries(changed) as object),
  });
  const set = settings.filter(([, value]) => value !== undefined);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      set.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
    [...encrypted],
  );
}
