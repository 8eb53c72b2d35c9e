import { deepEqual, ok, rejects, throws } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { mockPulumi, type MockOptions } from "../mocks/mocks.ts";
import { evaluateProgram } from "../mocks/program.ts";
import { configure, PROJECT } from "../mocks/stackConfig.ts";

/** The message with which the stack is refused, which Pulumi prints without a stack trace. */
export async function refusal(
  changes: Record<string, unknown>,
  stack = "new",
  encrypted?: readonly string[],
): Promise<string> {
  await mockPulumi({ stack });
  configure(stack, changes, encrypted);
  let message = "";
  throws(loadConfig, (error) => {
    ok(pulumi.RunError.isInstance(error));
    ({ message } = error);
    return true;
  });
  return message;
}

/** The configuration of a stack. */
export async function loaded(
  stack: string,
  changes: Record<string, unknown> = {},
): Promise<Config> {
  await mockPulumi({ project: PROJECT, stack });
  configure(stack, changes);
  return loadConfig();
}

/** What the program says when it refuses settings of the stack dev, before it makes more than a provider. */
export async function programRefusal(changes: object, cloud: MockOptions): Promise<string> {
  const recorder = await mockPulumi({ stack: "dev", preview: true, ...cloud });
  configure("dev", { ...changes });
  let message = "";
  await rejects(evaluateProgram(), (error) => {
    ok(pulumi.RunError.isInstance(error));
    ({ message } = error);
    return true;
  });
  const { made } = await recorder.settle();
  const harmless = ["pulumi:pulumi:StackReference", "pulumi:providers:aws"];
  deepEqual(
    made.filter(({ type }) => !harmless.includes(type)),
    [],
  );
  return message;
}
