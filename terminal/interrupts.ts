/** Two interrupts within this time are one: npm and the terminal both pass a Ctrl-C on. */
const SAME_INTERRUPT_MS = 500;

/** Counts interrupts of a command; one may arrive several times. */
export class Interrupts {
  #count = 0;
  #lastAt = -Infinity;

  /** Interrupts so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Counts an interrupt.
   *
   * @returns false if it repeats the last one
   */
  add(): boolean {
    const now = performance.now();
    if (now - this.#lastAt <= SAME_INTERRUPT_MS) {
      return false;
    }
    this.#lastAt = now;
    this.#count += 1;
    return true;
  }
}
