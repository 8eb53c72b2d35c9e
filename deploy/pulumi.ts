import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { sentenceOf } from "../app/contract/fault.ts";
import { Interrupts } from "../terminal/interrupts.ts";
import { ask } from "./command.ts";

const require = createRequire(import.meta.url);

/** The stack of all scripts, unless `--stack` names another one. */
const DEFAULT_STACK = "dev";

/** Longest time for a question about the state, in milliseconds. */
const QUESTION_MS = 60_000;

/** The signal that Pulumi gets for one of ours. Pulumi cancels on SIGINT and SIGTERM, and exits on a second one; SIGHUP would kill it. */
const PASSED_ON = { SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGTERM" } as const;

/** The stack in arguments for Pulumi; the last of several counts, as in Pulumi. */
export function stackOf(args: readonly string[]): string {
  const { values } = parseArgs({
    args: [...args],
    options: { stack: { type: "string", short: "s" } },
    strict: false,
  });
  return typeof values.stack === "string" ? values.stack : DEFAULT_STACK;
}

/**
 * Runs a command of Pulumi on the stack `dev`, or the one that the arguments name, with this process's terminal.
 *
 * Pulumi runs in a session of its own, so each signal reaches it once, from here.
 *
 * @returns the exit status: Pulumi's own, 128 and the number of the signal that ended it, or 1 if it cannot be run
 */
export async function runPulumi(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  try {
    const { file, env: own } = await findCli();
    return await run(file, [command, "--stack", DEFAULT_STACK, ...args], { ...own, ...env });
  } catch (error) {
    const { message } = error as Error;
    const fault = {
      name: "pulumi",
      problem: `cannot be run (${message})`,
      mustBe: "on PATH",
      fix: "run npm ci",
    };
    console.error(sentenceOf(fault));
    return 1;
  }
}

/** @throws Error when it cannot be run */
function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const interrupts = new Interrupts();
    for (const [signal, own] of Object.entries(PASSED_ON)) {
      process.on(signal, () => {
        if (interrupts.add()) {
          pulumi.kill(own);
        }
      });
    }
    // After the handlers: an earlier signal would end this process and leave Pulumi running.
    const pulumi = spawn(file, args, { stdio: "inherit", detached: true, env });
    pulumi.on("exit", (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]),
    );
    pulumi.on("error", reject);
  });
}

/** The output of a Pulumi command; undefined if it fails, because the run that follows shows why. */
export async function askPulumi(args: readonly string[]): Promise<string | undefined> {
  try {
    const { file, env } = await findCli();
    const { output } = await ask(file, [...args, "--non-interactive"], QUESTION_MS, env);
    return output || undefined;
  } catch {
    return undefined;
  }
}

/**
 * The pulumi command on PATH. That of npm is a wrapper, which exits on the first signal without passing it on; for that one, the
 * CLI itself, which the wrapper downloads on first use.
 */
async function findCli(): Promise<{ file: string; env: NodeJS.ProcessEnv }> {
  const { PATH = "" } = process.env;
  const found = PATH.split(delimiter)
    .map((folder) => join(folder, "pulumi"))
    .find((file) => existsSync(file));
  if (found === undefined || realpathSync(found) !== require.resolve("pulumi/run.js")) {
    return { file: "pulumi", env: process.env };
  }
  const { resolve } = require("pulumi/lib/resolve") as { resolve: () => Promise<string> };
  const file = await resolve();
  // The language hosts are beside it.
  return { file, env: { ...process.env, PATH: `${dirname(file)}${delimiter}${PATH}` } };
}
