import type { VerifyOptions } from "./options.ts";
import type { Report, Verdict } from "./report.ts";
import { detectableRate } from "./statistics.ts";
import type { Unit } from "./units.ts";

/** Rate of strays that a run must be able to find; otherwise the verdict is inconclusive. */
const MAX_DETECTABLE_RATE = 1 / 30;

/** What a verdict is based on. */
export interface Evidence {
  /** What each session stands for. */
  unit: Unit;
  scenario: VerifyOptions["scenario"];
  chances: number;
  /** Number of replicas that answered; 0 if the server does not name them. */
  replicas: number;
  breaks: Report["breaks"];
  sessions: number;
  /** Sessions that reconnected; for clients and keys, those that reached another replica. */
  moved: number;
  /** Sessions without any echo. */
  silent: number;
  /** Messages or requests. */
  sent: number;
  lost: number;
  doubled: number;
  /** HTTP responses with status 5xx. */
  errors: number;
  /** Percentage of failures that a verdict tolerates. */
  maxFailures: number;
  /** Clients that keep cookies and got none. */
  cookieless: number;
  /** Sessions that reached several replicas in the last fifth of the run. */
  restless: number;
  /** Requests in the last fifth that could have gone astray. */
  lastChances: number;
}

interface Judgement {
  verdict: Verdict;
  reasons: string[];
}

/** A reason, and whether it applies. */
type Ground = [boolean, string];

/** Decides whether sessions were sticky, with reasons. */
export function judge(evidence: Evidence): Judgement {
  if (evidence.scenario !== "rollout") {
    return judgeRouting(evidence);
  }
  return evidence.unit === "session" ? judgeRollout(evidence) : judgeVisitRollout(evidence);
}

/** A session whose requests reached another replica is proof; a session that was only closed is not. */
function judgeRouting(evidence: Evidence): Judgement {
  const { breaks, chances, unit, replicas } = evidence;
  const astray = breaks["unknown session"] + breaks["foreign replica"];
  const cookieless = cookielessness(evidence);
  const failures = applicable(failuresIn(evidence));
  if (astray > 0) {
    const reason = `${astray} of ${chances} connections went astray`;
    return { verdict: "not sticky", reasons: [reason, ...applicable([cookieless]), ...failures] };
  }
  if (isUnjudgeable(evidence)) {
    return { verdict: "cannot be judged", reasons: [UNNAMED, ...failures] };
  }
  const doubts = applicable([
    manyFailures(evidence),
    silence(evidence),
    ...fewChances(unit, chances),
    cookieless,
    [replicas === 1, ONE_REPLICA[unit]],
  ]);
  if (doubts.length > 0) {
    return { verdict: "inconclusive", reasons: [...doubts, ...failures] };
  }
  const unnamed = applicable([
    [replicas === 0, "the server does not name its replicas, so there may be only one"],
  ]);
  return {
    verdict: "sticky",
    reasons: [`none of ${chances} connections went astray`, ...unnamed, ...failures],
  };
}

const UNNAMED =
  "no response names its replica, and nothing else shows which one answered; pass --replica if responses name it anywhere";

/** Whether something was answered, but neither names nor the protocol could have shown a break. */
function isUnjudgeable({ chances, replicas, sessions, silent }: Evidence): boolean {
  return replicas === 0 && chances === 0 && silent < sessions;
}

/** A roll-out of all replicas moves every session; no message may be lost. */
function judgeRollout({ doubled, lost, moved, sessions }: Evidence): Judgement {
  if (lost > 0 || doubled > 0) {
    return {
      verdict: "not sticky",
      reasons: [`${lost} messages were lost and ${doubled} duplicated`],
    };
  }
  return moved < sessions
    ? {
        verdict: "inconclusive",
        reasons: [`only ${moved} of ${sessions} sessions moved: not all replicas were replaced`],
      }
    : {
        verdict: "sticky",
        reasons: [`all ${sessions} sessions moved, and no message was lost or duplicated`],
      };
}

/**
 * The front decides which sessions move in a roll-out: a replica's successor may have its name and get its keys back.
 * Every request must be answered. A session that moves at the end proves nothing: the roll-out may be slow.
 */
function judgeVisitRollout(evidence: Evidence): Judgement {
  const { unit, lastChances, moved, restless, sessions } = evidence;
  const faults = applicable(failuresIn(evidence));
  if (faults.length > 0) {
    return { verdict: "not sticky", reasons: faults };
  }
  const doubts = applicable([
    [moved === 0, `no ${unit} reached another replica: no replica was replaced`],
    [
      restless > 0,
      `${restless} of ${sessions} ${unit}s reached several replicas in the last fifth of the run: the roll-out was not over, or requests go astray; verify longer, or in scenario steady`,
    ],
    ...fewChances(unit, lastChances, " in the last fifth of the run"),
    cookielessness(evidence),
  ]);
  return doubts.length > 0
    ? { verdict: "inconclusive", reasons: doubts }
    : {
        verdict: "sticky",
        reasons: [
          `${moved} of ${sessions} ${unit}s moved, each is on one replica again, and all requests were answered`,
        ],
      };
}

/** Failures of each kind. */
function failuresIn({ breaks, errors, unit, lost }: Evidence): Ground[] {
  return [
    [
      lost > 0,
      unit === "session"
        ? `${lost} messages were lost`
        : `${lost} requests were not answered by a replica`,
    ],
    [errors > 0, `${errors} responses had a 5xx status`],
    [breaks.closed > 0, `${breaks.closed} sessions were closed unexpectedly`],
  ];
}

/** A front that fails shows little of its routing: requests that fail may be those that go astray. */
function manyFailures({ breaks, errors, unit, lost, maxFailures, sent }: Evidence): Ground {
  const failed = lost + errors + breaks.closed;
  const what = unit === "session" ? "messages" : "requests";
  return [
    failed > (sent * maxFailures) / 100,
    `${failed} failures in ${sent} ${what} are more than ${maxFailures} %`,
  ];
}

/** If clients get no cookie, something else keeps them on their replica. */
function cookielessness({ cookieless, sessions }: Evidence): Ground {
  return [
    cookieless > 0,
    `${cookieless} of ${sessions} clients got no cookie that they could send back`,
  ];
}

function silence({ unit, silent }: Evidence): Ground {
  return [silent > 0, `${silent} ${unit}s got no ${unit === "session" ? "echo" : "response"}`];
}

function fewChances(unit: Unit, chances: number, when = ""): Ground[] {
  return [
    [
      chances === 0,
      `no connection could have gone astray${when}: verify longer${unit === "session" ? ", or with fall-backs" : ""}`,
    ],
    [
      chances > 0 && detectableRate(chances) > MAX_DETECTABLE_RATE,
      `only ${chances} connections could have gone astray${when}: verify longer, or with more ${unit === "session" ? "sessions" : "--sessions"}`,
    ],
  ];
}

/** Doubts if one replica answered everything. */
const ONE_REPLICA: Record<Unit, string> = {
  session:
    "all sessions reached the same replica: there is only one, or all clients share one address; try more --sources",
  client:
    "all clients reached the same replica: there is only one, or it is chosen by address or by key; try more --sessions and --sources",
  key: "all keys reached the same replica: there is only one, or it is chosen by address; try more --sessions and --sources",
};

function applicable(grounds: readonly Ground[]): string[] {
  return grounds.filter(([applies]) => applies).map(([, reason]) => reason);
}
