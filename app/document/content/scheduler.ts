import { setImmediate } from "node:timers/promises";

/** Time that short work may take before the event loop continues, in milliseconds. */
const MAX_MS = 5;

/** Runs long work in short slices, one slice at a time, between which the event loop serves everybody else. */
export class Scheduler {
  #last: Promise<unknown> = Promise.resolve();
  /** Milliseconds that short work has taken in this iteration of the event loop. */
  #spent = 0;

  /** Whether short work has taken so long that more of it must wait for a slice. */
  get isOverBudget(): boolean {
    return this.#spent > MAX_MS;
  }

  /** Runs work that is usually quick, and measures its time. */
  runShort<T>(work: () => T): T {
    const start = performance.now();
    if (this.#spent === 0) {
      void setImmediate().then(() => (this.#spent = 0));
    }
    try {
      return work();
    } finally {
      this.#spent += performance.now() - start;
    }
  }

  /**
   * Runs a slice again and again until it returns true.
   *
   * @throws what the slice throws
   */
  async run(slice: () => boolean): Promise<void> {
    do {
      this.#last = this.#last.then(() => setImmediate());
      await this.#last;
    } while (!slice());
  }
}
