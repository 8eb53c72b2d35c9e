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

/** Likelihood of catching a front that strays once in 200, below which a verdict would say too little. */
const MIN_CAUGHT = 0.5;

/** What is needed for a verdict. */
export interface Evidence {
  scenario: VerifyOptions["scenario"];
  chances: number;
  /** Replicas that were met; 0 where the server names none. */
  replicas: number;
  breaks: Counts;
  sessions: number;
  /** Sessions that had to connect again. */
  moved: number;
  /** Sessions of which no message was echoed. */
  silent: number;
  lost: number;
  doubled: number;
}

/** Says whether sessions were sticky, and why. */
export function judge(evidence: Evidence): { verdict: Verdict; reasons: string[] } {
  return evidence.scenario === "rollout" ? judgeRollout(evidence) : judgeRouting(evidence);
}

/** A session whose requests met another replica is proof; a session that was only cut is none. */
function judgeRouting(evidence: Evidence): ReturnType<typeof judge> {
  const { breaks, chances, lost, replicas, silent } = evidence;
  const astray = breaks["404"] + breaks["foreign replica"];
  if (astray > 0) {
    return { verdict: "not sticky", reasons: [`${astray} of ${chances} connections went astray`] };
  }
  const doubts: [boolean, string][] = [
    [silent > 0, `${silent} sessions had no message echoed`],
    [lost > 0, `${lost} messages were lost`],
    [chances === 0, "no connection could have gone astray: verify longer, or with fall-backs"],
    [
      chances > 0 && likelihoodOfCatching(chances) < MIN_CAUGHT,
      `only ${chances} connections could have gone astray: verify longer, or with more sessions`,
    ],
    [
      replicas === 1,
      "all sessions met one replica: there is only one, or all clients share one address; try more --sources",
    ],
  ];
  const reasons = doubts.filter(([isDoubt]) => isDoubt).map(([, reason]) => reason);
  const cut = breaks.closed > 0 ? [`${breaks.closed} sessions were closed unasked`] : [];
  if (reasons.length > 0) {
    return { verdict: "inconclusive", reasons: [...reasons, ...cut] };
  }
  const unnamed = replicas === 0 ? ["the server names no replica, so there may be only one"] : [];
  return {
    verdict: "sticky",
    reasons: [`none of ${chances} connections went astray`, ...unnamed, ...cut],
  };
}

/** A roll-out of all replicas moves every session; what counts is that nothing was lost. */
function judgeRollout({ doubled, lost, moved, sessions }: Evidence): ReturnType<typeof judge> {
  if (lost > 0 || doubled > 0) {
    return {
      verdict: "not sticky",
      reasons: [`${lost} messages were lost and ${doubled} doubled`],
    };
  }
  return moved < sessions
    ? {
        verdict: "inconclusive",
        reasons: [
          `only ${moved} of ${sessions} sessions had to move: not all replicas were rolled`,
        ],
      }
    : {
        verdict: "sticky",
        reasons: [`all ${sessions} sessions moved, and no message was lost or doubled`],
      };
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
    ...judge({
      scenario,
      chances,
      replicas: replicas.length,
      breaks,
      sessions: sessions.length,
      moved: sessions.filter(({ reconnects }) => reconnects > 0).length,
      silent: sessions.filter(({ echoed, sent }) => sent > 0 && echoed === 0).length,
      lost: totals.lost,
      doubled: totals.doubled,
    }),
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
