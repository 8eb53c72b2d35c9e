import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pack } from "../../packages/cli/build.ts";

/** A project of its own, outside of the repository, whose packages the command must not find. */
export const PROJECT = realpathSync(mkdtempSync(join(tmpdir(), "sockjs-sticky-cli-")));

export const INSTALLED = join(PROJECT, "node_modules/sockjs-sticky");

/** With our own Node.js, and without any registry. */
const env = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  npm_config_registry: "http://127.0.0.1:9/",
};

/** Packs the command and installs it as people do. */
export async function install(): Promise<void> {
  const tarball = await pack();
  writeFileSync(join(PROJECT, "package.json"), "{}");
  execFileSync("npm", ["install", "--offline", "--no-audit", "--silent", tarball], {
    cwd: PROJECT,
    env,
  });
}

/** Exit status and output of a program in the project. */
export function runIn(
  file: string,
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd: PROJECT, env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** Runs the installed command. */
export const sockjsSticky = (...args: readonly string[]) => runIn("npx", "sockjs-sticky", ...args);
