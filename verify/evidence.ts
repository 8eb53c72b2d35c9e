import type { Report, SessionResult } from "./report.ts";
import type { Scenario } from "./kinds.ts";
import type { Unit } from "./units.ts";

/** What a verdict is based on. */
export interface Evidence {
  /** What each session stands for. */
  unit: Unit;
  scenario: Scenario;
  /** Networks of the runs, if several runs were merged. */
  networks: readonly string[];
  chances: number;
  /** Number of replicas that answered; 0 if the server does not name them. */
  replicas: number;
  breaks: Report["breaks"];
  sessions: number;
  /** Seconds after which a run was interrupted; undefined if none was. */
  interruptedAfter: number | undefined;
  /** Sessions that reached another replica than before. */
  moved: number;
  /** Sessions that were opened again. */
  reconnected: number;
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
  /** How the replicas changed from the sessions' first answers to the last fifth of the run. */
  scaling: Scaling;
}

export interface Scaling {
  /** Replicas in the last fifth. */
  replicas: number;
  /** Those among them that no session reached first. */
  added: number;
  /** Sessions whose first replica did not answer in the last fifth, although another one did. */
  moved: number;
  /** Those among them whose first replica answered no session any more. */
  homeless: number;
  /** Those among them that moved to a replica that was there before, although their first one still answered. */
  needless: number;
  /** How often another replica answered than right before. */
  moves: number;
}

/** The parts of a report that decide its verdict. */
export function evidenceOf({
  breaks,
  chances,
  maxFailures,
  replicas,
  runs,
  scenario,
  sessions,
  totals,
  unit,
  visits,
}: Omit<Report, "verdict" | "reasons">): Evidence {
  const numberOf = (is: (session: SessionResult) => boolean): number => sessions.filter(is).length;
  const { doubled, lost, sent } = totals;
  return {
    unit,
    scenario,
    networks: runs.length === 1 ? [] : [...new Set(runs.map(({ network }) => network))],
    chances,
    replicas: replicas.length,
    breaks,
    sessions: sessions.length,
    interruptedAfter: runs.find(({ interrupted }) => interrupted)?.seconds,
    moved: numberOf(({ moves }) => moves > 0),
    reconnected: numberOf(({ reconnects }) => reconnects > 0),
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
    restless: numberOf((session) => lastReplicasOf(session).length > 1),
    lastChances: sessions.reduce(
      (sum, session) => sum + Math.max(0, (session.visits?.lastAnswers ?? 0) - 1),
      0,
    ),
    scaling: scalingOf(sessions),
  };
}

function scalingOf(sessions: readonly SessionResult[]): Scaling {
  const before = new Set(sessions.flatMap(({ replicas }) => replicas.slice(0, 1)));
  const after = new Set(sessions.flatMap(lastReplicasOf));
  const moved = sessions.filter((session) => {
    const last = lastReplicasOf(session);
    return last.length > 0 && !last.includes(session.replicas[0] ?? "");
  });
  return {
    replicas: after.size,
    added: [...after].filter((replica) => !before.has(replica)).length,
    moved: moved.length,
    homeless: moved.filter(({ replicas }) => !after.has(replicas[0] ?? "")).length,
    needless: moved.filter(
      (session) =>
        after.has(session.replicas[0] ?? "") &&
        lastReplicasOf(session).every((replica) => before.has(replica)),
    ).length,
    moves: sessions.reduce((sum, { moves }) => sum + moves, 0),
  };
}

function lastReplicasOf({ visits }: SessionResult): string[] {
  return visits?.lastReplicas ?? [];
}
