import { randomUUID } from "node:crypto";
import { noBreaks } from "./breaks.ts";
import { evidenceOf } from "./evidence.ts";
import { judge } from "./judge.ts";
import { Latencies } from "./latencies.ts";
import type { VerifyOptions } from "./options.ts";
import { textOf } from "./replicaPlace.ts";
import { withoutPassword } from "./url.ts";
import {
  REPORT_VERSION,
  type Break,
  type ReplicaResult,
  type Report,
  type SessionResult,
  type VisitsResult,
} from "./report.ts";
import type { Seen } from "./run.ts";
import { detectableRate } from "./statistics.ts";
import { unitOf } from "./units.ts";

/** What decides how sessions add up to a report. */
export type Subjects = Pick<
  Report,
  | "kind"
  | "latencies"
  | "maxFailures"
  | "replica"
  | "runs"
  | "scenario"
  | "sessions"
  | "unit"
  | "url"
> &
  Pick<Report, "firstBreaks" | "timeline" | "thirds"> &
  Pick<VisitsResult, "cookieJar" | "key">;

/** Creates the report of a run with its verdict. */
export function createReport(options: VerifyOptions, seen: Seen): Report {
  const { cookieJar, key, kind, maxFailures, network, replica, scenario, seed, url } = options;
  return reportOf({
    url: withoutPassword(url),
    kind,
    scenario,
    maxFailures,
    cookieJar,
    key,
    unit: unitOf(options),
    replica: textOf(replica),
    runs: [
      {
        id: randomUUID(),
        network,
        started: seen.started.toISOString(),
        seconds: seen.seconds,
        interrupted: seen.interrupted,
        seed,
      },
    ],
    firstBreaks: seen.breaks.first,
    sessions: seen.subjects.map((subject) => ({ ...subject.result(), run: 0 })),
    timeline: seen.timeline.points(),
    ...(scenario === "soak" ? { thirds: seen.timeline.thirds() } : {}),
    latencies: seen.latencies.counts(),
  });
}

/** Adds the sessions up, and judges them. */
export function reportOf({ cookieJar, key, ...subjects }: Subjects): Report {
  const { latencies, sessions, unit } = subjects;
  const total = (of: (session: SessionResult) => number): number =>
    sessions.reduce((sum, session) => sum + of(session), 0);
  const chances = total((session) => session.chances);
  const all = new Latencies();
  all.addAll(latencies);
  const report: Omit<Report, "verdict" | "reasons"> = {
    version: REPORT_VERSION,
    ...subjects,
    breaks: totalBreaks(sessions),
    chances,
    detectableRate: detectableRate(chances),
    totals: {
      sessions: sessions.length,
      reconnects: total(({ reconnects }) => reconnects),
      moves: total(({ moves }) => moves),
      sent: total(({ sent }) => sent),
      echoed: total(({ echoed }) => echoed),
      doubled: total(({ doubled }) => doubled),
      lost: total(({ lost }) => lost),
      awayMs: sessions.reduce((most, { awayMs }) => Math.max(most, awayMs), 0),
      latency: all.summary(),
    },
    ...(unit === "session"
      ? {}
      : {
          visits: {
            ...(cookieJar === undefined ? {} : { cookieJar }),
            ...(key === undefined ? {} : { key }),
            errors: total(({ visits }) => visits?.errors ?? 0),
            repeated: total(({ visits }) => visits?.repeated ?? 0),
          },
        }),
    replicas: replicasOf(sessions),
  };
  return { ...report, ...judge(evidenceOf(report)) };
}

function totalBreaks(sessions: readonly SessionResult[]): Report["breaks"] {
  const totals = noBreaks();
  for (const kind of Object.keys(totals) as Break["kind"][]) {
    totals[kind] = sessions.reduce((sum, { breaks }) => sum + breaks[kind], 0);
  }
  return totals;
}

/** Share of the sessions by replica; empty if responses do not name replicas. */
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
      skew: share * homes.size,
    };
  });
}
