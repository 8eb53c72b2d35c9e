import { randomInt } from "node:crypto";
import { highestScore } from "./rendezvous.ts";

/** How long a connection or a request waits for a replica, in milliseconds: longer than a restart takes. */
export const HOLD_MS = 20_000;

/** How often a waiting connection or request is tried again, in milliseconds. */
export const RETRY_MS = 20;

/**
 * Chooses a replica: always the same one for a key, any one without.
 *
 * @param key such as a client's address
 */
export function chooseReplica<R extends { name: string }>(
  replicas: readonly R[],
  key?: string,
): R | undefined {
  if (key === undefined) {
    return replicas.length === 0 ? undefined : replicas[randomInt(replicas.length)];
  }
  const name = highestScore(
    replicas.map((replica) => replica.name),
    key,
  );
  return replicas.find((replica) => replica.name === name);
}
