import type { Evidence } from "./evidence.ts";
import type { Verdict } from "./report.ts";
import { detectableRate } from "./statistics.ts";
import type { Unit } from "./units.ts";
import { counted } from "./words.ts";

/** Rate of strays that a run must be able to find; otherwise the verdict is inconclusive. */
const MAX_DETECTABLE_RATE = 1 / 30;

/** Standard deviations by which chance may exceed the expected number of moves. */
const MAX_DEVIATIONS = 3;

/** Part of the clients or keys that may move without need: tables that are looked up, as of Maglev, move a few. */
const MAX_NEEDLESS = 0.05;

/** Moves for each client or key that may move: a late response of the old replica counts as another move. */
const MAX_MOVES = 3;

interface Judgement {
  verdict: Verdict;
  reasons: string[];
}

/** A reason, and whether it applies. */
type Ground = [boolean, string];

/** Decides whether sessions were sticky, with reasons. */
export function judge(evidence: Evidence): Judgement {
  const { interruptedAfter, networks } = evidence;
  const { verdict, reasons } = judgementOf(evidence);
  const circumstances = applicable([
    [
      interruptedAfter !== undefined,
      `the run was interrupted after ${interruptedAfter?.toFixed(0)} s`,
    ],
    [networks.length === 1, `seen from one network only, ${networks.join()}`],
    [networks.length > 1, `seen from ${networks.length} networks, ${networks.join(", ")}`],
  ]);
  return { verdict, reasons: [...reasons, ...circumstances] };
}

function judgementOf(evidence: Evidence): Judgement {
  switch (evidence.scenario) {
    case "rollout":
      return evidence.unit === "session" ? judgeRollout(evidence) : judgeVisitRollout(evidence);
    case "scale":
      return judgeScaling(evidence);
    default:
      return judgeRouting(evidence);
  }
}

/** A session whose requests reached another replica proves wrong routing; a session that was only closed does not. */
function judgeRouting(evidence: Evidence): Judgement {
  const { breaks, chances, unit, replicas, scenario } = evidence;
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
  if (replicas === 0 && scenario === "reconnect" && chances > 0) {
    return { verdict: "cannot be judged", reasons: [UNNAMED_RECONNECTS, ...failures] };
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
    [replicas === 0, "responses do not name their replicas, so there may be only one"],
  ]);
  return {
    verdict: "sticky",
    reasons: [`none of ${chances} connections went astray`, ...unnamed, ...failures],
  };
}

const UNNAMED =
  "no response names its replica, and nothing else shows which one answered; pass --replica if responses name it anywhere";

const UNNAMED_RECONNECTS =
  "no response names its replica, so nothing shows which one answered after a reconnect; pass --replica if responses name it anywhere";

/** Whether something was answered, but neither names nor the protocol could have shown a break. */
function isUnjudgeable({ chances, replicas, sessions, silent }: Evidence): boolean {
  return replicas === 0 && chances === 0 && silent < sessions;
}

/** A roll-out of all replicas ends every session; no message may be lost. Sessions also end without one, for example when they are idle. */
function judgeRollout(evidence: Evidence): Judgement {
  const { doubled, lost, moved, reconnected, replicas, sessions } = evidence;
  if (lost > 0 || doubled > 0) {
    return {
      verdict: "not sticky",
      reasons: [`${counted(lost, "message")} lost and ${doubled} duplicated`],
    };
  }
  const doubts = applicable([
    [
      reconnected < sessions,
      `only ${reconnected} of ${sessions} sessions were interrupted: not all replicas were replaced`,
    ],
    [
      reconnected === sessions && replicas === 0,
      "responses do not name their replicas, so these may not have been replaced",
    ],
    [
      reconnected === sessions && replicas > 0 && moved === 0,
      "every session was opened again on its old replica: no replica was replaced",
    ],
  ]);
  return doubts.length > 0
    ? { verdict: "inconclusive", reasons: doubts }
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
  const { unit, moved, sessions } = evidence;
  const faults = applicable(failuresIn(evidence));
  if (faults.length > 0) {
    return { verdict: "not sticky", reasons: faults };
  }
  if (isUnjudgeable(evidence)) {
    return { verdict: "cannot be judged", reasons: [UNNAMED] };
  }
  const doubts = applicable([
    [moved === 0, `no ${unit} reached another replica: no replica was replaced`],
    ...unrest(evidence, "roll-out"),
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

/** A replica that is added may take its share of the clients or keys over; the others must stay where they are. */
function judgeScaling(evidence: Evidence): Judgement {
  const { sessions, unit } = evidence;
  const { added, homeless, moved, moves, needless, replicas } = evidence.scaling;
  const failures = applicable(failuresIn(evidence));
  const share = replicas === 0 ? 0 : added / replicas;
  const expected = homeless + share * sessions;
  const deviation = Math.sqrt(share * (1 - share) * sessions);
  const movedText = `${moved} of ${sessions} ${unit}s moved when ${added} of ${replicas} replicas joined, which explains ${expected.toFixed(0)}`;
  const most = expected + MAX_DEVIATIONS * deviation;
  const faults = applicable([
    [moved > most, movedText],
    [
      needless > MAX_NEEDLESS * sessions,
      `${counted(needless, unit)} moved to a replica that was not new, from one that still answered`,
    ],
    [
      moves > MAX_MOVES * most,
      `${unit}s moved ${counted(moves, "time")}, many of them more than once`,
    ],
  ]);
  if (added > 0 && faults.length > 0) {
    return { verdict: "not sticky", reasons: [...faults, ...failures] };
  }
  if (isUnjudgeable(evidence)) {
    return { verdict: "cannot be judged", reasons: [UNNAMED, ...failures] };
  }
  const doubts = applicable([
    manyFailures(evidence),
    [added === 0, "no replica was added after the first answers"],
    ...unrest(evidence, "scaling"),
    cookielessness(evidence),
  ]);
  return doubts.length > 0
    ? { verdict: "inconclusive", reasons: [...doubts, ...failures] }
    : { verdict: "sticky", reasons: [movedText, ...failures] };
}

/** Reasons to doubt that each client or key was on one replica again at the end. */
function unrest({ lastChances, restless, sessions, unit }: Evidence, change: string): Ground[] {
  return [
    [
      restless > 0,
      `${restless} of ${sessions} ${unit}s reached several replicas in the last fifth of the run: the ${change} was not over, or requests go astray; verify longer, or in scenario steady`,
    ],
    ...fewChances(unit, lastChances, " in the last fifth of the run"),
  ];
}

/** Failures of each kind. */
function failuresIn({ breaks, errors, unit, lost }: Evidence): Ground[] {
  return [
    [
      lost > 0,
      unit === "session"
        ? `${counted(lost, "message")} lost`
        : `${counted(lost, "request")} not answered by a replica`,
    ],
    [errors > 0, `${counted(errors, "response")} with a 5xx status`],
    [breaks.closed > 0, `${counted(breaks.closed, "session")} closed unexpectedly`],
  ];
}

/** A front that fails shows little of its routing: requests that fail may be those that go astray. */
export function manyFailures({
  breaks,
  errors,
  unit,
  lost,
  maxFailures,
  sent,
}: Pick<Evidence, "breaks" | "errors" | "unit" | "lost" | "maxFailures" | "sent">): Ground {
  // What a session loses when it is closed is one failure.
  const failed = Math.max(lost, breaks.closed) + errors;
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
  return [
    silent > 0,
    `${counted(silent, unit)} without ${unit === "session" ? "an echo" : "a response"}`,
  ];
}

function fewChances(unit: Unit, chances: number, when = ""): Ground[] {
  return [
    [
      chances === 0,
      unit === "session"
        ? `no connection had to reach a particular replica${when}: add transports over HTTP, or use --scenario reconnect`
        : `no connection could have gone astray${when}: verify longer`,
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
    "all sessions reached the same replica: there is only one, or all clients share one address; try more --sources, or merge the reports of several networks",
  client:
    "all clients reached the same replica: there is only one, or it is chosen by address or by key; try more --sessions and --sources",
  key: "all keys reached the same replica: there is only one, or it is chosen by address; try more --sessions and --sources",
};

function applicable(grounds: readonly Ground[]): string[] {
  return grounds.filter(([applies]) => applies).map(([, reason]) => reason);
}
