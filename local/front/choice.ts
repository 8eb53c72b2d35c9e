import { randomInt } from "node:crypto";
import { highestScore } from "./rendezvous.ts";

/** How long a connection or a request waits for a replica: longer than closing and a start. */
export const HOLD_MS = 20_000;

/** How often what nobody took is offered again. */
export const RETRY_MS = 20;

/**
 * Chooses one of the replicas that take new work, for whatever has a key always the same one; the others are spread.
 *
 * @param key what belongs together, such as a client's address
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
