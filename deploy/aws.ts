import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { State } from "./state.ts";

/** Longest time for one question; who waits longer wants to see Pulumi work. */
export const QUESTION_MS = 10_000;

/** What a command answers, and what it complains of; nothing of both where it is missing, or takes too long. */
export async function answerOf(
  command: string,
  args: readonly string[],
): Promise<{ output: string; error: string }> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { timeout: QUESTION_MS });
    return { output: stdout, error: "" };
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    return { output: "", error: stderr };
  }
}

/** The AWS account that a stack is in, and that of the credentials; undefined where it cannot be told. */
export interface Accounts {
  ofStack: string | undefined;
  ofCaller: string | undefined;
}

export async function accountsOf({ resources = [] }: State): Promise<Accounts> {
  const vpc = resources.find(({ type }) => type === "aws:ec2/vpc:Vpc");
  const ofStack = (vpc?.outputs?.arn as string | undefined)?.split(":")[4];
  const { output } = await answerOf("aws", [
    ...["sts", "get-caller-identity"],
    ...["--query", "Account", "--output", "text"],
  ]);
  return { ofStack, ofCaller: output.trim() || undefined };
}

/**
 * Why AWS would answer that nothing is there: the credentials are for another account. A refresh would take everything for deleted,
 * and have the state forget it.
 */
export function accountFault({ ofStack, ofCaller }: Accounts): string | undefined {
  return ofStack === undefined || ofCaller === undefined || ofStack === ofCaller
    ? undefined
    : `the AWS credentials are for account ${ofCaller}; they must be for ${ofStack}, in which the stack is; set AWS_PROFILE or log in there`;
}
