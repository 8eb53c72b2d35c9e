import { deepEqual, equal, ok } from "node:assert/strict";
import type { Operation, Trouble } from "../providers/cloud.ts";
import type { Account } from "./account.ts";
import type { Stack, Run } from "./stack.ts";

/** More than there are layers of resources that need each other. */
const MAX_RUNS = 40;

/**
 * Has every resource fail once, in as few runs as there are layers: the engine goes on with what does not depend on what
 * failed, so that a whole layer fails in one run.
 */
export async function failEachOnce(
  account: Account,
  op: Operation["op"],
  fails: Trouble,
  run: () => Promise<Run>,
  afterFailure: (failed: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const { cloud } = account;
  const all = new Set<string>();
  for (let runs = 0; runs < MAX_RUNS; runs += 1) {
    const failed: string[] = [];
    cloud.trouble = (operation) => {
      const isDue = operation.op === op && !all.has(operation.urn);
      const trouble = isDue ? fails(operation) : undefined;
      if (trouble !== undefined) {
        all.add(operation.urn);
        failed.push(operation.urn);
      }
      return trouble;
    };
    const { succeeded, faults, output } = await run();
    cloud.trouble = () => undefined;
    if (failed.length === 0) {
      ok(succeeded, output);
      return [...all];
    }
    equal(succeeded, false);
    const named = faults.filter(({ name }) => name !== "").map(({ urn }) => urn);
    // The engine's last word is about the stack.
    const resources = named.filter((urn) => !urn.includes("pulumi:pulumi:Stack"));
    deepEqual([...new Set(resources)].toSorted(), failed.toSorted(), output);
    await afterFailure(failed);
  }
  throw new Error(`there are still failures after ${MAX_RUNS} runs`);
}

/** Destroys the stack, and then restores it. */
export async function destroyed(account: Account, stack: Stack): Promise<string[]> {
  const restoreCloud = account.cloud.snapshot();
  const restoreState = stack.snapshot();
  const { succeeded, output } = await stack.destroy();
  ok(succeeded, output);
  const left = account.cloud.things.map(({ type, key }) => `${type} ${key}`);
  restoreState();
  restoreCloud();
  return left;
}
