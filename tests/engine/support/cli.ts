import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const require = createRequire(import.meta.url);

/**
 * The Pulumi CLI that works: on PATH, or the one that `npx pulumi` got from the internet when it was used. That one itself,
 * and not `npx pulumi`, which would get it now.
 */
export function findCli(): string | undefined {
  const { PATH = "", PULUMI_HOME = join(homedir(), ".pulumi") } = process.env;
  const { version } = require("pulumi/package.json") as { version: string };
  const folders = PATH.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return [...folders, join(PULUMI_HOME, "versions", version, "bin")]
    .map((folder) => join(folder, "pulumi"))
    .find((file) => existsSync(file) && works(file));
}

function works(file: string): boolean {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return spawnSync(file, ["version"], { env, timeout: 30_000 }).status === 0;
}
