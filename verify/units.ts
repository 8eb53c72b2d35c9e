import type { KindName, Scenario } from "./kinds.ts";

/** What must stay on one replica: a session, the visits of a client, or all visits about a key. */
export const UNITS = ["session", "client", "key"] as const;
export type Unit = (typeof UNITS)[number];

/** Kinds that have sessions of their own. */
const OF_SESSIONS: readonly KindName[] = ["sockjs", "socketio"];

const CHANGING: readonly Scenario[] = ["rollout", "scale"];

/** Part of the duration after which every client or key has been answered by its first replica. */
const SETTLED_FROM = 0.2;

/** Part of the duration after which replicas must not change any more. */
const CALM_FROM = 0.8;

interface UnitOptions {
  cookieJar?: "on" | "off" | undefined;
  key?: string | undefined;
  kind: KindName;
}

export function unitOf({ cookieJar, key, kind }: UnitOptions): Unit {
  if (key !== undefined) {
    return "key";
  }
  return cookieJar === undefined && OF_SESSIONS.includes(kind) ? "session" : "client";
}

/** Seconds after which replicas must not change any more, if what moves are clients or keys. */
export function calmFrom(duration: number): number {
  return duration * CALM_FROM;
}

/** Seconds after which every client or key has been answered by its first replica. */
export function settledFrom(duration: number): number {
  return duration * SETTLED_FROM;
}

/** Whether another replica may answer at this time, in seconds since the start. */
export function mayMove(
  options: UnitOptions & { duration: number; scenario: Scenario },
  seconds: number,
): boolean {
  const { duration, scenario } = options;
  return isChanging(scenario) && unitOf(options) !== "session" && seconds < calmFrom(duration);
}

/** Whether replicas change in a scenario, so sessions also move without a fault of the front. */
export function isChanging(scenario: Scenario): boolean {
  return CHANGING.includes(scenario);
}
