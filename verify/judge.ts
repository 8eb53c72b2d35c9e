import type { Kind, VerifyOptions } from "./options.ts";
import type { Report, Verdict } from "./report.ts";
import { likelihoodOfCatching } from "./statistics.ts";

/** Likelihood of catching a front that strays once in 200, below which a verdict would say too little. */
const MIN_CAUGHT = 0.5;

/** What is needed for a verdict. */
export interface Evidence {
  /** What each session is. */
  kind: Kind;
  scenario: VerifyOptions["scenario"];
  chances: number;
  /** Replicas that were met; 0 where the server names none. */
  replicas: number;
  breaks: Report["breaks"];
  sessions: number;
  /** Sessions that had to connect again; over plain HTTP, those that met another replica. */
  moved: number;
  /** Sessions of which no message was echoed. */
  silent: number;
  lost: number;
  doubled: number;
  /** Answers over plain HTTP with a status of 5xx. */
  errors: number;
  /** Clients that should have kept a cookie and got none. */
  cookieless: number;
  /** Sessions that met several replicas in the last fifth of the run. */
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

/** Says whether sessions were sticky, and why. */
export function judge(evidence: Evidence): Judgement {
  if (evidence.scenario !== "rollout") {
    return judgeRouting(evidence);
  }
  return evidence.kind === "session" ? judgeRollout(evidence) : judgeHttpRollout(evidence);
}

/** A session whose requests met another replica is proof; a session that was only cut is none. */
function judgeRouting(evidence: Evidence): Judgement {
  const { breaks, chances, kind, replicas } = evidence;
  const astray = breaks["404"] + breaks["foreign replica"];
  const cookieless = cookielessness(evidence);
  const errors = errorsIn(evidence);
  if (astray > 0) {
    const reason = `${astray} of ${chances} connections went astray`;
    return { verdict: "not sticky", reasons: [reason, ...holding([cookieless, errors])] };
  }
  const doubts = holding([...silences(evidence), ...fewChances(kind, chances), cookieless]);
  const alone = holding([[replicas === 1, ONE_REPLICA[kind]]]);
  const notes = holding([
    [breaks.closed > 0, `${breaks.closed} sessions were closed unasked`],
    errors,
  ]);
  if (doubts.length + alone.length > 0) {
    return { verdict: "inconclusive", reasons: [...doubts, ...alone, ...notes] };
  }
  const unnamed = holding([
    [replicas === 0, "the server names no replica, so there may be only one"],
  ]);
  return {
    verdict: "sticky",
    reasons: [`none of ${chances} connections went astray`, ...unnamed, ...notes],
  };
}

/** A roll-out of all replicas moves every session; what counts is that nothing was lost. */
function judgeRollout({ doubled, lost, moved, sessions }: Evidence): Judgement {
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

/**
 * Who has to move in a roll-out is up to the front: a replica's successor may have its name, and a key come back to
 * it. What counts is that every request is answered. Who moves at the end proves nothing: the roll-out may be slow.
 */
function judgeHttpRollout(evidence: Evidence): Judgement {
  const { kind, lastChances, lost, moved, restless, sessions } = evidence;
  const faults = holding([
    [lost > 0, `${lost} requests were not answered by a replica`],
    errorsIn(evidence),
  ]);
  if (faults.length > 0) {
    return { verdict: "not sticky", reasons: faults };
  }
  const doubts = holding([
    [moved === 0, `no ${kind} met another replica: none was rolled`],
    [
      restless > 0,
      `${restless} of ${sessions} ${kind}s met several replicas in the last fifth of the run: the roll-out was not over, or requests go astray; verify longer, or in scenario steady`,
    ],
    ...fewChances(kind, lastChances, " in the last fifth of the run"),
    cookielessness(evidence),
  ]);
  return doubts.length > 0
    ? { verdict: "inconclusive", reasons: doubts }
    : {
        verdict: "sticky",
        reasons: [
          `${moved} of ${sessions} ${kind}s moved, each is on one replica again, and all requests were answered`,
        ],
      };
}

function errorsIn({ errors }: Evidence): Ground {
  return [errors > 0, `${errors} answers had a status of 5xx`];
}

/** Clients that stay without a cookie are kept by something else. */
function cookielessness({ cookieless, sessions }: Evidence): Ground {
  return [
    cookieless > 0,
    `${cookieless} of ${sessions} clients got no cookie that they could send back`,
  ];
}

function silences({ kind, lost, silent }: Evidence): Ground[] {
  return kind === "session"
    ? [
        [silent > 0, `${silent} sessions had no message echoed`],
        [lost > 0, `${lost} messages were lost`],
      ]
    : [
        [silent > 0, `${silent} ${kind}s had no answer`],
        [lost > 0, `${lost} requests were not answered by a replica`],
      ];
}

function fewChances(kind: Kind, chances: number, when = ""): Ground[] {
  return [
    [
      chances === 0,
      `no connection could have gone astray${when}: verify longer${kind === "session" ? ", or with fall-backs" : ""}`,
    ],
    [
      chances > 0 && likelihoodOfCatching(chances) < MIN_CAUGHT,
      `only ${chances} connections could have gone astray${when}: verify longer, or with more ${kind === "session" ? "sessions" : "--sessions"}`,
    ],
  ];
}

/** Why nothing is known where all met one replica. */
const ONE_REPLICA: Record<Kind, string> = {
  session:
    "all sessions met one replica: there is only one, or all clients share one address; try more --sources",
  client:
    "all clients met one replica: there is only one, or it is chosen by address; try more --sessions and --sources",
  key: "all keys met one replica: there is only one, or it is chosen by address; try more --sessions and --sources",
};

function holding(grounds: readonly Ground[]): string[] {
  return grounds.filter(([holds]) => holds).map(([, reason]) => reason);
}
