import { judge, type Evidence } from "./judge.ts";
import type { VerifyOptions } from "./options.ts";
import { textOf } from "./replicaPlace.ts";
import {
  REPORT_VERSION,
  type Break,
  type ReplicaResult,
  type Report,
  type SessionResult,
} from "./report.ts";
import type { Seen } from "./run.ts";
import { calmFrom, unitOf } from "./units.ts";
import { histogramOf, latencyOf, detectableRate } from "./statistics.ts";

/** Number of breaks that a report lists. */
const FIRST_BREAKS = 10;

/** Creates the report with its verdict. */
export function createReport(options: VerifyOptions, seen: Seen): Report {
  const sessions = seen.subjects.map((subject) => subject.result());
  const latencies = seen.subjects.flatMap((subject) => subject.latencies);
  const total = totalOf(sessions);
  const unit = unitOf(options);
  const chances = total((session) => session.chances);
  const report: Omit<Report, "verdict" | "reasons"> = {
    version: REPORT_VERSION,
    url: options.url,
    kind: options.kind,
    unit,
    replica: textOf(options.replica),
    started: seen.started.toISOString(),
    scenario: options.scenario,
    seconds: seen.seconds,
    seed: options.seed,
    chances,
    detectableRate: detectableRate(chances),
    totals: {
      sessions: sessions.length,
      reconnects: total(({ reconnects }) => reconnects),
      sent: total(({ sent }) => sent),
      echoed: total(({ echoed }) => echoed),
      doubled: total(({ doubled }) => doubled),
      lost: total(({ lost }) => lost),
      awayMs: Math.max(0, ...sessions.map(({ awayMs }) => awayMs)),
      latency: latencyOf(latencies),
    },
    breaks: countBreaks(seen.breaks),
    ...(unit === "session" ? {} : { visits: visitTotals(options, sessions) }),
    firstBreaks: relevantBreaks(options, seen.breaks).slice(0, FIRST_BREAKS),
    replicas: replicasOf(sessions),
    sessions,
    timeline: seen.timeline,
    histogram: histogramOf(latencies),
  };
  return { ...report, ...judge(evidenceOf(options, report)) };
}

export function countBreaks(breaks: readonly Break[]): Report["breaks"] {
  const of = (kind: Break["kind"]): number => breaks.filter((each) => each.kind === kind).length;
  return {
    "unknown session": of("unknown session"),
    "foreign replica": of("foreign replica"),
    closed: of("closed"),
    unanswered: of("unanswered"),
  };
}

/** The parts of a report that decide its verdict. */
function evidenceOf(
  { maxFailures }: VerifyOptions,
  {
    breaks,
    chances,
    replicas,
    scenario,
    sessions,
    totals,
    unit,
    visits,
  }: Omit<Report, "verdict" | "reasons">,
): Evidence {
  const numberOf = (is: (session: SessionResult) => boolean): number => sessions.filter(is).length;
  const { doubled, lost, sent } = totals;
  return {
    unit,
    scenario,
    chances,
    replicas: replicas.length,
    breaks,
    sessions: sessions.length,
    moved: numberOf(({ reconnects, replicas: met }) =>
      unit === "session" ? reconnects > 0 : met.length > 1,
    ),
    silent: numberOf(({ echoed, sent }) => sent > 0 && echoed === 0),
    sent,
    lost,
    doubled,
    maxFailures,
    errors: visits?.errors ?? 0,
    // Requests about a key need no cookie.
    cookieless:
      unit === "client" && visits?.cookieJar === "on"
        ? numberOf((session) => session.echoed > 0 && session.visits?.hasCookie === false)
        : 0,
    restless: numberOf((session) => (session.visits?.lastReplicas.length ?? 0) > 1),
    lastChances: totalOf(sessions)((session) =>
      Math.max(0, (session.visits?.lastAnswers ?? 0) - 1),
    ),
  };
}

function totalOf(sessions: readonly SessionResult[]) {
  return (of: (session: SessionResult) => number): number =>
    sessions.reduce((sum, session) => sum + of(session), 0);
}

function visitTotals(
  { cookieJar, key }: VerifyOptions,
  sessions: readonly SessionResult[],
): NonNullable<Report["visits"]> {
  const total = totalOf(sessions);
  return {
    ...(cookieJar === undefined ? {} : { cookieJar }),
    ...(key === undefined ? {} : { key }),
    errors: total(({ visits }) => visits?.errors ?? 0),
    repeated: total(({ visits }) => visits?.repeated ?? 0),
    moves: total(({ replicas }) => Math.max(0, replicas.length - 1)),
  };
}

/** Until a roll-out of clients or keys must have ended, only unanswered requests count. */
function relevantBreaks(options: VerifyOptions, breaks: readonly Break[]): Break[] {
  const isRolling = unitOf(options) !== "session" && options.scenario === "rollout";
  return breaks.filter(
    ({ kind, seconds }) =>
      !isRolling || kind === "unanswered" || seconds >= calmFrom(options.duration),
  );
}

/** Each replica's part of the sessions; empty if the server does not name replicas. */
function replicasOf(sessions: readonly SessionResult[]): ReplicaResult[] {
  const homes = Map.groupBy(
    sessions.filter(({ replicas }) => replicas.length > 0),
    ({ replicas }) => replicas[0] ?? "",
  );
  const met = new Set(sessions.flatMap(({ replicas }) => replicas));
  const named = [...homes.values()].reduce((sum, { length }) => sum + length, 0);
  return [...met].toSorted().map((replica) => {
    const own = homes.get(replica) ?? [];
    const share = named === 0 ? 0 : own.length / named;
    return {
      replica,
      sessions: own.length,
      sources: new Set(own.flatMap(({ source }) => source.split(","))).size,
      share,
      skew: share * met.size,
    };
  });
}
