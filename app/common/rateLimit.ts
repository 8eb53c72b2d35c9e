/** Takes so many a second, and for a moment those of two seconds. */
export class RateLimit {
  readonly #perSecond: number;
  #left: number;
  #since = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = 2 * perSecond;
  }

  /** Whether it may be, now. */
  take(weight = 1): boolean {
    const now = performance.now();
    const earned = ((now - this.#since) / 1000) * this.#perSecond;
    this.#left = Math.min(2 * this.#perSecond, this.#left + earned) - weight;
    this.#since = now;
    return this.#left >= 0;
  }
}
