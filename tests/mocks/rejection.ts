import { deepEqual, equal, ok, throws } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { mockPulumi } from "./mocks.ts";

/**
 * The message with which a component rejects its arguments, before its first child, and which Pulumi prints without a stack
 * trace.
 */
export async function rejection(component: string, create: () => unknown): Promise<string> {
  const recorder = await mockPulumi();
  let message = "";
  throws(create, (error) => {
    ok(pulumi.ResourceError.isInstance(error));
    equal(error.hideStack, true);
    ({ message } = error);
    return true;
  });
  await recorder.settle();
  deepEqual(recorder.counts(), { [`sockjs-sticky:${component}`]: 1 });
  return message;
}
