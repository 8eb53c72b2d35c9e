import { setImmediate } from "node:timers/promises";

/** Long work in short turns: one at a time, whosever it is, and between two of them everybody else is served. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

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
