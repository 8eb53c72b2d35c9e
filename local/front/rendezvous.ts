import { createHash } from "node:crypto";

/**
 * The name that scores highest for a key (rendezvous hashing): each key has its own order of the
 * names, so removing a name moves only its own keys, and adding it again moves them back.
 *
 * Source: Thaler, Ravishankar, https://www.eecs.umich.edu/techreports/cse/96/CSE-TR-316-96.pdf
 */
export function highestScore(names: readonly string[], key: string): string | undefined {
  let best: string | undefined;
  let bestScore = -1n;
  for (const name of names) {
    const score = scoreOf(name, key);
    if (score > bestScore) {
      best = name;
      bestScore = score;
    }
  }
  return best;
}

function scoreOf(name: string, key: string): bigint {
  return createHash("sha256").update(`${name}\0${key}`).digest().readBigUInt64BE();
}
