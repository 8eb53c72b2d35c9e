import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;

/** Waits until `condition` holds; the test fails with `what` when it does not in `seconds`. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 10,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`waited ${seconds} s in vain until ${what}`);
    }
    await sleep(POLL_MS);
  }
}
