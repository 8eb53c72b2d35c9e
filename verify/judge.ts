import type { Evidence } from "./evidence.ts";
import type { Verdict } from "./report.ts";
import { detectableRate } from "./statistics.ts";
import type { Unit } from "./units.ts";
import { counted } from "./words.ts";

/** Rate of strays that a run must be able to find; otherwise the verdict is inconclusive. */
const MAX_DETECTABLE_RATE = 1 / 30;

/** Standard deviations by which chance may exceed the expected number of moves. */
const MAX_DEVIATIONS = 3;

interface Judgement {
  verdict: Verdict;
  reasons: string[];
}

/** A reason, and whether it applies. */
type Ground = [boolean, string];

/** Decides whether sessions were sticky, with reasons. */
export function judge(evidence: Evidence): Judgement {
  const { networks } = evidence;
  const { verdict, reasons } = judgementOf(evidence);
  const merged = applicable([
    [networks.length === 1, `seen from one network only, ${networks.join()}`],
    [networks.length > 1, `seen from ${networks.length} networks, ${networks.join(", ")}`],
  ]);
  return { verdict, reasons: [...reasons, ...merged] };
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
      reasons: [`${counted(lost, "message")} lost and ${doubled} duplicated`],
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
  const { unit, moved, sessions } = evidence;
  const faults = applicable(failuresIn(evidence));
  if (faults.length > 0) {
    return { verdict: "not sticky", reasons: faults };
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
  const { added, homeless, moved, replicas } = evidence.scaling;
  const failures = applicable(failuresIn(evidence));
  const share = replicas === 0 ? 0 : added / replicas;
  const expected = homeless + share * sessions;
  const deviation = Math.sqrt(share * (1 - share) * sessions);
  const movedText = `${moved} of ${sessions} ${unit}s moved when ${added} of ${replicas} replicas joined, which explains ${expected.toFixed(0)}`;
  if (added > 0 && moved > expected + MAX_DEVIATIONS * deviation) {
    return { verdict: "not sticky", reasons: [movedText, ...failures] };
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

/** Doubts whether each client or key was on one replica again at the end. */
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
  return [
    silent > 0,
    `${counted(silent, unit)} without ${unit === "session" ? "an echo" : "a response"}`,
  ];
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
    "all sessions reached the same replica: there is only one, or all clients share one address; try more --sources, or merge the reports of several networks",
  client:
    "all clients reached the same replica: there is only one, or it is chosen by address or by key; try more --sessions and --sources",
  key: "all keys reached the same replica: there is only one, or it is chosen by address; try more --sessions and --sources",
};

function applicable(grounds: readonly Ground[]): string[] {
  return grounds.filter(([applies]) => applies).map(([, reason]) => reason);
}
