/** Certainty with which strays of {@link detectableRate} are found. */
const CERTAINTY = 0.99;

/** Upper ends of the histogram's bins, in milliseconds. */
const BINS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, Infinity];

/** Percentiles (nearest rank), each given as a fraction; 0 for an empty list. */
export function percentilesOf<Name extends string>(
  milliseconds: readonly number[],
  parts: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
  const entries = Object.entries<number>(parts).map(([name, part]) => [name, at(part)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** Median, 99th percentile and maximum. */
export function latencyOf(milliseconds: readonly number[]) {
  return percentilesOf(milliseconds, { p50: 0.5, p99: 0.99, max: 1 });
}

/** Number of echoes by time; bins beyond the slowest are left out. */
export function histogramOf(milliseconds: readonly number[]) {
  const bins = BINS_MS.map((toMs, index) => {
    const fromMs = index === 0 ? 0 : (BINS_MS[index - 1] ?? 0);
    const echoes = milliseconds.filter((each) => each >= fromMs && each < toMs).length;
    return { fromMs, toMs: Number.isFinite(toMs) ? toMs : Number.MAX_SAFE_INTEGER, echoes };
  });
  return bins.slice(0, bins.findLastIndex(({ echoes }) => echoes > 0) + 1);
}

/**
 * The smallest rate of strays, from 0 to 1, that this many connections expose with 99 % certainty: at that rate, all of them
 * keep to their replica in only 1 % of runs. Lower rates could be missed.
 */
export function detectableRate(chances: number): number {
  return chances === 0 ? 1 : 1 - (1 - CERTAINTY) ** (1 / chances);
}

/** A rate in words that are true for it: `one in 500`, rounded down. */
export function oneIn(rate: number): string {
  return `one in ${Math.floor(1 / rate)}`;
}
