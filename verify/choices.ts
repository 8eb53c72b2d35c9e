import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xorshift128plus } from "pure-rand/generator/xorshift128plus";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const KEY_LENGTH = 12;

/** Value at an index, which wraps around at the end; `T` must allow undefined if the list may be empty. */
export function roundRobin<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}

/** Fisher and Yates' shuffle, in place. */
export function shuffle<T>(values: T[], seed: number): T[] {
  const random = xorshift128plus(seed);
  for (let last = values.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [values[last], values[other]] = [values[other] as T, values[last] as T];
  }
  return values;
}

/** Distinct keys of letters and digits, which every normalisation leaves as they are. */
export function createKeys(count: number, seed: number): string[] {
  const random = xorshift128plus(seed);
  const keys = new Set<string>();
  while (keys.size < count) {
    const letters = Array.from(
      { length: KEY_LENGTH },
      () => ALPHABET[uniformInt(random, 0, ALPHABET.length - 1)],
    );
    keys.add(letters.join(""));
  }
  return [...keys];
}

/** Pauses from half to one and a half of the mean, in milliseconds. */
export function createPauses(meanMs: number, seed: number): () => number {
  const random = xorshift128plus(seed);
  return () => (uniformInt(random, 500, 1500) / 1000) * meanMs;
}
