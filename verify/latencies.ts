/** Significant digits that are kept of a time, so the number of different ones stays small however long a run is. */
const DIGITS = 3;

/** Times in milliseconds, counted by value: memory does not grow with their number. */
export class Latencies {
  readonly #counts = new Map<number, number>();
  #total = 0;

  static of(milliseconds: readonly number[]): Latencies {
    const latencies = new Latencies();
    milliseconds.forEach((each) => latencies.add(each));
    return latencies;
  }

  get total(): number {
    return this.#total;
  }

  add(milliseconds: number, times = 1): void {
    const rounded = Number(milliseconds.toPrecision(DIGITS));
    this.#counts.set(rounded, (this.#counts.get(rounded) ?? 0) + times);
    this.#total += times;
  }

  addAll(counts: Iterable<readonly [milliseconds: number, times: number]>): void {
    for (const [milliseconds, times] of counts) {
      this.add(milliseconds, times);
    }
  }

  /** Each time and how often it was counted, the shortest first. */
  counts(): [milliseconds: number, times: number][] {
    return [...this.#counts].toSorted(([a], [b]) => a - b);
  }

  /** Percentiles (nearest rank), each given as a fraction; 0 if there are no times. */
  percentiles<Name extends string>(parts: Readonly<Record<Name, number>>): Record<Name, number> {
    const counts = this.counts();
    const at = (part: number): number => {
      let rank = Math.max(1, Math.ceil(part * this.#total));
      return counts.find(([, times]) => (rank -= times) <= 0)?.[0] ?? 0;
    };
    const entries = Object.entries<number>(parts).map(([name, part]) => [name, at(part)]);
    return Object.fromEntries(entries) as Record<Name, number>;
  }

  /** Median, 99th percentile and maximum. */
  summary(): Record<"p50" | "p99" | "max", number> {
    return this.percentiles({ p50: 0.5, p99: 0.99, max: 1 });
  }
}
