import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Account } from "./account.ts";
import type { Stack } from "./stack.ts";

const DEPLOY = new URL("../../../deploy/", import.meta.url);

/** Runs `deploy/up.ts` or `deploy/destroy.ts` where a stack of an account is, with the real Pulumi. */
export function runScript(
  account: Account,
  { folder }: Stack,
  name: "up" | "destroy",
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Ended> {
  const script = fileURLToPath(new URL(`${name}.ts`, DEPLOY));
  return runCommand(process.execPath, [script, ...args], account, folder, env);
}

/** Runs a command of Pulumi as the scripts print it. */
export function runPrinted(account: Account, { folder }: Stack, command: string): Promise<Ended> {
  return runCommand("sh", ["-c", command.replace("npx ", "")], account, folder, {});
}

/** What came of a process. */
interface Ended {
  status: number | null;
  /** What a person would read. */
  output: string;
}

async function runCommand(
  file: string,
  args: readonly string[],
  account: Account,
  folder: string,
  env: Record<string, string>,
): Promise<Ended> {
  const child = spawn(file, args, {
    cwd: folder,
    env: { ...process.env, ...account.environment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const status = new Promise<number | null>((resolve) => void child.on("exit", resolve));
  const output = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, output: output.join("") };
}
