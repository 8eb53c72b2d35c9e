import type { Fault } from "../app/contract/fault.ts";
import { cut } from "../app/contract/shown.ts";
import { causeOf } from "./agents.ts";

/** Why nothing can be verified at a URL. */
export interface Obstacle {
  /** Whether the server responds, but neither its responses nor its protocol show which replica answered. */
  isUnnamed: boolean;
  fault: Fault;
}

/** The problem of a URL that does not respond as it must. */
export function unreachable(error: unknown): string {
  return `is not reachable (${cut(causeOf(error))})`;
}
