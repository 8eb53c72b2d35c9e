import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { checkSettings, SettingsError } from "../app/contract/settings.ts";
import { WORKLOAD_RULES, type WorkloadSettings } from "../config/workloadSettings.ts";

/** Affinities that need no further settings. */
const AFFINITIES = ["source-ip", "cookie", "none"];

/** Flags that try an app without a stack file. */
export interface TriedAppFlags {
  app?: string;
  command?: string;
  readiness?: string;
  affinity?: string;
}

/**
 * The workload of an app that is tried without a stack file: a command, or `npm start` in a folder.
 *
 * @throws SettingsError naming every fault
 */
export function triedApp({ app, command, readiness, affinity }: TriedAppFlags): WorkloadSettings {
  const folder = resolve(app ?? ".");
  if (app === "" || !isFolder(folder)) {
    throw new SettingsError({ name: "--app", got: app, mustBe: "an existing folder" });
  }
  if (command === "") {
    throw new SettingsError({ name: "--command", got: command, mustBe: "a command of the shell" });
  }
  if (command === undefined && !hasStartScript(folder)) {
    throw new SettingsError({
      name: "--app",
      got: app,
      mustBe: "a folder with a package.json that has a script start",
      fix: "add the script, or say how the app starts: --command",
    });
  }
  if (affinity !== undefined && !AFFINITIES.includes(affinity)) {
    throw new SettingsError({
      name: "--affinity",
      got: affinity,
      mustBe: `${AFFINITIES.join(" or ")} without a stack file`,
      ...(affinity === "key" && {
        fix: "write a stack file that says where keys are, and choose it with --stack",
      }),
    });
  }
  const checked = checkSettings(
    WORKLOAD_RULES,
    {
      name: nameOf(folder),
      ...(affinity === undefined ? {} : { affinity }),
      ...(readiness === undefined ? {} : { readinessPath: readiness }),
      local: { command: command ?? "npm start", folder },
    },
    (setting) => FLAGS[setting] ?? setting,
  );
  if (!checked.isRight) {
    throw new SettingsError(...checked.faults);
  }
  return checked.values;
}

/** The flags by which a person sets settings of the workload. */
const FLAGS: Readonly<Record<string, string>> = {
  affinity: "--affinity",
  local: "--command",
  readinessPath: "--readiness",
};

/** Whether a path is that of a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function hasStartScript(folder: string): boolean {
  const file = join(folder, "package.json");
  const manifest = z.object({ scripts: z.object({ start: z.string() }) });
  try {
    return existsSync(file) && manifest.safeParse(JSON.parse(readFileSync(file, "utf8"))).success;
  } catch {
    return false;
  }
}

/** A workload's name that is made from a folder's. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .slice(0, 30)
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "");
  return name === "" ? "app" : name;
}
