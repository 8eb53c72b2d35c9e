/** Certainty with which strays of {@link detectableRate} are found, and with which a {@link chanceBand} has all counts. */
const CERTAINTY = 0.99;

/** Upper ends of the histogram's bins, in milliseconds. */
const BINS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, Infinity];

/** Number of times by length, in milliseconds; bins beyond the longest are left out. */
export function histogramOf(counts: readonly (readonly [ms: number, times: number])[]) {
  const bins = BINS_MS.map((toMs, index) => {
    const fromMs = BINS_MS[index - 1] ?? 0;
    const within = counts.filter(([ms]) => ms >= fromMs && ms < toMs);
    return { fromMs, toMs, times: within.reduce((sum, [, times]) => sum + times, 0) };
  });
  return bins.slice(0, bins.findLastIndex(({ times }) => times > 0) + 1);
}

/**
 * The smallest rate of strays, from 0 to 1, that this many connections expose with 99 % certainty: at that rate, all of them
 * stay on their replica in only 1 % of runs. Lower rates could be missed.
 */
export function detectableRate(chances: number): number {
  return chances === 0 ? 1 : 1 - (1 - CERTAINTY) ** (1 / chances);
}

/** A rate in words that are true for it: `one in 500`, rounded down. */
export function oneIn(rate: number): string {
  return `one in ${Math.floor(1 / rate)}`;
}

/**
 * The counts of places, equally likely for each of `trials`, that chance explains: in at least 99 % of cases, the counts of
 * all places are within the band. Each of its ends has an equal part of the rest, so it holds although counts depend on each other.
 *
 * @param places at least two
 */
export function chanceBand(trials: number, places: number): { least: number; most: number } {
  const tail = (1 - CERTAINTY) / places / 2;
  return {
    least: binomialQuantile(tail, trials, 1 / places),
    most: trials - binomialQuantile(tail, trials, 1 - 1 / places),
  };
}

/** The smallest number with more than `tail` as the chance that no more trials succeed. */
function binomialQuantile(tail: number, trials: number, chance: number): number {
  let successes = 0;
  // By logarithms: the chance of no success at all is too small for a number.
  let log = trials * Math.log1p(-chance);
  let below = Math.exp(log);
  while (below <= tail) {
    log += Math.log(((trials - successes) / (successes + 1)) * (chance / (1 - chance)));
    successes += 1;
    below += Math.exp(log);
  }
  return successes;
}
