import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a command wrote. */
export interface Answer {
  /** Its stdout; empty if it is missing, fails or times out. */
  output: string;
  /** Its stderr, if it fails. */
  error: string;
}

/** Asks a command a question. */
export async function ask(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  env?: NodeJS.ProcessEnv,
): Promise<Answer> {
  try {
    const options = { timeout: timeoutMs, maxBuffer: Infinity, env };
    const { stdout } = await promisify(execFile)(command, args, options);
    return { output: stdout, error: "" };
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    return { output: "", error: stderr };
  }
}
