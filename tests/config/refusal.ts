import { ok, throws } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "../../config/load.ts";
import { mockPulumi } from "../mocks/mocks.ts";
import { configure } from "../mocks/stackConfig.ts";

/** The message with which the stack is refused, which Pulumi prints without a stack trace. */
export async function refusal(changes: Record<string, unknown>, stack = "new"): Promise<string> {
  await mockPulumi({ stack });
  configure(stack, changes);
  let message = "";
  throws(loadConfig, (error) => {
    ok(pulumi.RunError.isInstance(error));
    ({ message } = error);
    return true;
  });
  return message;
}
