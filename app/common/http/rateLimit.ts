/** A token bucket: `perSecond` tokens a second and, after a pause, up to `burst` at once. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #since = performance.now();

  /** @param burst two seconds' worth of tokens by default */
  constructor(perSecond: number, burst = 2 * perSecond) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes `weight` tokens; returns false, and takes none, if there are fewer. */
  take(weight = 1): boolean {
    this.#refill();
    if (this.#tokens < weight) {
      return false;
    }
    this.#tokens -= weight;
    return true;
  }

  /** Seconds until a token is available. */
  get waitSeconds(): number {
    this.#refill();
    return Math.max(0, 1 - this.#tokens) / this.#perSecond;
  }

  /** Whether the bucket is full, as a new one is. */
  get isFull(): boolean {
    this.#refill();
    return this.#tokens === this.#burst;
  }

  #refill(): void {
    const now = performance.now();
    const refilled = ((now - this.#since) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + refilled);
    this.#since = now;
  }
}
