import type * as pulumi from "@pulumi/pulumi";
import type { LastUp } from "../../config/lossGuard.ts";
import { mockPulumi, type MockOptions, type Recorder } from "./mocks.ts";
import { configure, PROJECT } from "./stackConfig.ts";
import { withWarnings } from "./warnings.ts";

/** What index.ts exports: the stack's outputs. */
export interface Program {
  urls: Record<string, pulumi.Output<string>>;
  url: pulumi.Output<string> | undefined;
  clusterName: string;
  kubeconfig: pulumi.Output<string>;
  repositoryUrl: pulumi.Output<string> | null;
  vpcId: pulumi.Output<string>;
  updateKubeconfigCommand: string;
  guardedSettings: LastUp;
}

let evaluations = 0;

/** Evaluates index.ts anew, for whatever is mocked and configured. */
export async function evaluateProgram(): Promise<Program> {
  evaluations += 1;
  // A module is evaluated once for each of its URLs.
  const url = `../../index.ts?evaluation=${evaluations}`;
  return (await import(url)) as Program;
}

/** Runs the program for a stack, under mocks. */
export async function runProgram(
  stack: string,
  changes: Record<string, unknown> = {},
  options: MockOptions = {},
): Promise<{ program: Program; recorder: Recorder; warnings: string[] }> {
  const recorder = await mockPulumi({ project: PROJECT, stack, ...options });
  configure(stack, changes);
  const { result: program, warnings } = await withWarnings(evaluateProgram);
  await recorder.settle();
  return { program, recorder, warnings };
}
