import * as status from "../../contract/closeStatus.ts";

/** Close code of a session that this page closed. */
export const NORMAL = 1000;

/** Close reason of a session that this page interrupted to use other transports. */
export const INTERRUPTED = "interrupted";

/** Close reasons of sessions that this page paused or stopped, and their texts. */
export const PAUSED = "paused";
export const REFUSED = "refused";
const OWN_REASONS: Readonly<Record<string, string>> = {
  [INTERRUPTED]: "transports changed",
  [PAUSED]: "paused while hidden",
  [REFUSED]: "rejected by the server",
};

/** Texts for close codes. */
const CLOSE_REASONS: Readonly<Record<number, string>> = {
  [NORMAL]: "closed by you",
  1001: "the server went away",
  1002: "server not reachable",
  1006: "connection lost",
  2000: "none of the chosen transports works",
  [status.INVALID]: "message is malformed",
  [status.TOO_FAST]: "too many messages a second",
  [status.TOO_BIG]: "message too large",
  [status.SERVICE_RESTART]: "replica is going away",
  [status.TRY_AGAIN_LATER]: "replica is full",
  [status.TEMPORARILY_UNAVAILABLE]: "client reads too slowly",
  [status.NO_ANSWER]: "no answer",
};

/** Why a session ended, in plain words. */
export function closeReason(code: number, reason: string): string {
  return OWN_REASONS[reason] ?? CLOSE_REASONS[code] ?? (reason === "" ? "closed" : reason);
}

/** `9 s`, `2 m 05 s` or `1 h 02 m`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const two = (n: number): string => String(n % 60).padStart(2, "0");
  if (minutes === 0) {
    return `${seconds} s`;
  }
  return minutes < 60
    ? `${minutes} m ${two(seconds)} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes)} m`;
}
