import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;

/**
 * Waits until `condition` holds; the test fails with `what` when it does not in `seconds`, which are many: they only
 * pass in a test that fails.
 *
 * @param what the condition, for the error when the wait times out
 * @param seconds below the time that mocha gives a test, or nobody reads `what`
 */
export async function waitFor(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  seconds = 45,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      const wanted = typeof what === "string" ? what : what();
      throw new Error(`waited ${seconds} s in vain until ${wanted}`);
    }
    await sleep(POLL_MS);
  }
}
