/** Takes so many a second, and after a pause as many at once as `burst` says. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #since = performance.now();

  /** @param burst those of two seconds unless given */
  constructor(perSecond: number, burst = 2 * perSecond) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  /** Whether it may be, now; what may not be costs nothing. */
  take(weight = 1): boolean {
    this.#earn();
    if (this.#left < weight) {
      return false;
    }
    this.#left -= weight;
    return true;
  }

  /** Seconds until one more may be taken. */
  get waitSeconds(): number {
    this.#earn();
    return Math.max(0, 1 - this.#left) / this.#perSecond;
  }

  /** Whether nothing was taken for so long that it is as a new one. */
  get isFull(): boolean {
    this.#earn();
    return this.#left === this.#burst;
  }

  #earn(): void {
    const now = performance.now();
    const earned = ((now - this.#since) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + earned);
    this.#since = now;
  }
}
