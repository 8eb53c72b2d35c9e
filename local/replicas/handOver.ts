import type { Ports } from "../../app/common/server/appServer.ts";

/** A message from the front to a replica, sent with the accepted socket. */
export interface Offer {
  type: "offer";
  id: number;
  /** The `monotonicMs()` until which the replica may accept the socket; afterwards the front may offer it to another one. */
  until: number;
  /** Milliseconds without data after which the replica closes the socket, whose data the front does not see. */
  idleMs: number;
}

/** A message from a replica to the front. */
export type Reply =
  | ({ type: "listening" } & Ports)
  | { type: "accepted"; id: number }
  | { type: "declined"; id: number };

/** The variable with the environment of a command, as JSON: the process that starts it must not get it itself. */
export const COMMAND_ENVIRONMENT = "COMMAND_ENVIRONMENT";

/** Milliseconds of the system's monotonic clock, which all processes of this machine share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
