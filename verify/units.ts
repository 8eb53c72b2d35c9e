import type { KindName } from "./kinds.ts";

/** What must stay on one replica: a session, the visits of a client, or all visits about a key. */
export const UNITS = ["session", "client", "key"] as const;
export type Unit = (typeof UNITS)[number];

/** Kinds that have sessions of their own. */
const OF_SESSIONS: readonly KindName[] = ["sockjs", "socketio"];

/** Part of the duration after which a roll-out must have ended. */
const CALM_FROM = 0.8;

export function unitOf({
  cookieJar,
  key,
  kind,
}: {
  cookieJar?: "on" | "off" | undefined;
  key?: string | undefined;
  kind: KindName;
}): Unit {
  if (key !== undefined) {
    return "key";
  }
  return cookieJar === undefined && OF_SESSIONS.includes(kind) ? "session" : "client";
}

/** Seconds after which a roll-out must have ended, if what moves are clients or keys. */
export function calmFrom(duration: number): number {
  return duration * CALM_FROM;
}
