import { setImmediate } from "node:timers/promises";

/** Time that short work may take before others are served, in milliseconds. */
const MAX_MS = 5;

/** Long work in short turns: one at a time, whosever it is, and between two of them everybody else is served. */
export class Scheduler {
  #last: Promise<unknown> = Promise.resolve();
  /** Milliseconds that short work has taken since others were served. */
  #spent = 0;

  /** Whether short work, whosever it is, has taken so long that more of it has to wait for a turn. */
  get isOverBudget(): boolean {
    return this.#spent > MAX_MS;
  }

  /** Does what most often takes little time, and is done at once then. */
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
   * Repeats a turn until it says that all is done.
   *
   * @throws what the turn throws
   */
  async run(turn: () => boolean): Promise<void> {
    do {
      this.#last = this.#last.then(() => setImmediate());
      await this.#last;
    } while (!turn());
  }
}
