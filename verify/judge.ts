import type { VerifyOptions } from "./options.ts";
import {
  REPORT_VERSION,
  type Break,
  type ReplicaResult,
  type Report,
  type SessionResult,
  type Verdict,
} from "./report.ts";
import type { Seen } from "./run.ts";
import { histogramOf, latencyOf, likelihoodOfCatching } from "./statistics.ts";

/** Breaks that are told one by one. */
const FIRST_BREAKS = 10;

type Counts = Report["breaks"];

/** What is needed for a verdict. */
export interface Evidence {
  scenario: VerifyOptions["scenario"];
  chances: number;
  replicas: number;
  breaks: Counts;
  reconnects: number;
  lost: number;
  doubled: number;
}

/** Says whether sessions were sticky, and why. */
export function judge(evidence: Evidence): { verdict: Verdict; reasons: string[] } {
  return evidence.scenario === "rollout" ? judgeRollout(evidence) : judgeRouting(evidence);
}

/** A session whose requests met another replica is proof; a session that was only cut is none. */
function judgeRouting({ breaks, chances, replicas }: Evidence): ReturnType<typeof judge> {
  const astray = breaks["404"] + breaks["foreign replica"];
  if (astray > 0) {
    return { verdict: "not sticky", reasons: [`${astray} of ${chances} connections went astray`] };
  }
  const cut = breaks.closed > 0 ? [`${breaks.closed} sessions were closed unasked`] : [];
  if (chances === 0) {
    return {
      verdict: "inconclusive",
      reasons: ["no connection could have gone astray: verify longer, or with fall-backs", ...cut],
    };
  }
  if (replicas === 1) {
    return {
      verdict: "inconclusive",
      reasons: [
        "all sessions met one replica: there is only one, or all clients share one address; try more --sources",
        ...cut,
      ],
    };
  }
  return { verdict: "sticky", reasons: [`none of ${chances} connections went astray`, ...cut] };
}

/** A roll-out moves sessions; what counts is that nothing was lost. */
function judgeRollout({ doubled, lost, reconnects }: Evidence): ReturnType<typeof judge> {
  if (lost > 0 || doubled > 0) {
    return {
      verdict: "not sticky",
      reasons: [`${lost} messages were lost and ${doubled} doubled`],
    };
  }
  return reconnects === 0
    ? { verdict: "inconclusive", reasons: ["no session had to move: nothing was rolled"] }
    : { verdict: "sticky", reasons: [`${reconnects} reconnects lost and doubled no message`] };
}

/** Puts together what was seen. */
export function createReport(options: VerifyOptions, seen: Seen): Report {
  const sessions = seen.talkers.map((talker) => talker.result());
  const latencies = seen.talkers.flatMap((talker) => talker.latencies);
  const total = (of: (session: SessionResult) => number): number =>
    sessions.reduce((sum, session) => sum + of(session), 0);
  const replicas = replicasOf(sessions);
  const totals = {
    sessions: sessions.length,
    reconnects: total(({ reconnects }) => reconnects),
    sent: total(({ sent }) => sent),
    echoed: total(({ echoed }) => echoed),
    doubled: total(({ doubled }) => doubled),
    lost: total(({ lost }) => lost),
    awayMs: Math.max(0, ...sessions.map(({ awayMs }) => awayMs)),
    latency: latencyOf(latencies),
  };
  const chances = total((session) => session.chances);
  const breaks = countBreaks(seen.breaks);
  const { scenario, seed, url } = options;
  return {
    version: REPORT_VERSION,
    url,
    started: seen.started.toISOString(),
    scenario,
    seconds: seen.seconds,
    seed,
    ...judge({ ...totals, scenario, chances, replicas: replicas.length, breaks }),
    chances,
    caught: likelihoodOfCatching(chances),
    totals,
    breaks,
    firstBreaks: seen.breaks.slice(0, FIRST_BREAKS),
    replicas,
    sessions,
    timeline: seen.timeline,
    histogram: histogramOf(latencies),
  };
}

export function countBreaks(breaks: readonly Break[]): Counts {
  const of = (kind: Break["kind"]): number => breaks.filter((each) => each.kind === kind).length;
  return { "404": of("404"), "foreign replica": of("foreign replica"), closed: of("closed") };
}

/** Who had which part of the sessions; nobody where the server names no replica. */
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
      sources: new Set(own.map(({ source }) => source)).size,
      share,
      skew: share * met.size,
    };
  });
}
