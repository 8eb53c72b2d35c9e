import { ask } from "./command.ts";
import type { State } from "./state.ts";

/** Longest time for one question to AWS or the cluster, in milliseconds. */
export const QUESTION_MS = 10_000;

/** The AWS accounts of a stack and of the credentials; undefined if unknown. */
export interface Accounts {
  ofStack: string | undefined;
  ofCaller: string | undefined;
}

export async function accountsOf({ resources = [] }: State): Promise<Accounts> {
  const vpc = resources.find(({ type }) => type === "aws:ec2/vpc:Vpc");
  const ofStack = (vpc?.outputs?.arn as string | undefined)?.split(":")[4];
  const question = ["sts", "get-caller-identity", "--query", "Account", "--output", "text"];
  const { output } = await ask("aws", question, QUESTION_MS);
  return { ofStack, ofCaller: output.trim() || undefined };
}

/**
 * The fault of credentials for another account, in which AWS finds none of the resources: a refresh would remove all of them
 * from the state.
 */
export function accountFault({ ofStack, ofCaller }: Accounts): string | undefined {
  return ofStack === undefined || ofCaller === undefined || ofStack === ofCaller
    ? undefined
    : `the AWS credentials are for account ${ofCaller}; they must be for ${ofStack}, in which the stack is; set AWS_PROFILE or log in there`;
}
