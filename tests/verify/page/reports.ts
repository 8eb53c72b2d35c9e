import { noBreaks } from "../../../verify/breaks.ts";
import { reportOf, type Subjects } from "../../../verify/createReport.ts";
import { Latencies } from "../../../verify/latencies.ts";
import type { Report, SessionResult } from "../../../verify/report.ts";
import { Timeline } from "../../../verify/timeline.ts";

export const SECONDS = 10;

const LATENCY = { p50: 5, p99: 20, max: 100 };

/** A session that stayed with `stays[0]`, or that moved to each of the others in equal times, breaking each time. */
export function sessionWith(
  session: number,
  stays: readonly string[],
  overrides: Partial<SessionResult> = {},
): SessionResult {
  const times = stays.map((_, index) => (SECONDS * index) / stays.length);
  return {
    ...{ session, run: 0, source: `127.0.1.${session}`, transports: [], reconnects: 0 },
    ...{ sent: 20, echoed: 20, doubled: 0, lost: 0, chances: 19, awayMs: 0, latency: LATENCY },
    replicas: [...new Set(stays)],
    moves: Math.max(0, stays.length - 1),
    stays: stays.map((replica, index) => ({ seconds: times[index] ?? 0, replica })),
    breaks: { ...noBreaks(), "foreign replica": Math.max(0, stays.length - 1) },
    breaksAt: times.slice(1, 101),
    ...overrides,
  };
}

/** Sessions, each on one replica in turn. */
export function sessionsOn(replicas: readonly string[], count: number): SessionResult[] {
  return Array.from({ length: count }, (_, index) =>
    sessionWith(index, replicas.slice(index % replicas.length).slice(0, 1)),
  );
}

/** The report of a run over HTTP with these sessions. */
export function reportWith(
  sessions: readonly SessionResult[],
  overrides: Partial<Subjects> = {},
): Report {
  const breaks = noBreaks();
  for (const kind of Object.keys(breaks) as (keyof typeof breaks)[]) {
    breaks[kind] = sessions.reduce((sum, session) => sum + session.breaks[kind], 0);
  }
  const answers = sessions.reduce((sum, { echoed }) => sum + echoed, 0);
  return reportOf({
    ...{ url: "https://app.example/", kind: "http", scenario: "steady", unit: "client" },
    ...{ replica: "header:X-Replica", maxFailures: 1, breaks, firstBreaks: [] },
    runs: [
      {
        ...{ id: "00000000-0000-4000-8000-000000000000", network: "office", seed: 1 },
        ...{ started: "2026-11-28T12:00:00.000Z", seconds: SECONDS, interrupted: false },
      },
    ],
    sessions: [...sessions],
    timeline: timelineOf(sessions),
    latencies: answers === 0 ? [] : [[5, answers]],
    ...overrides,
  });
}

/** Each half second, with each session on the replica that it is on. */
function timelineOf(sessions: readonly SessionResult[]): Report["timeline"] {
  const timeline = new Timeline();
  for (let seconds = 0.5; seconds <= SECONDS; seconds += 0.5) {
    const replicas = new Map<string, number>();
    let breaks = 0;
    for (const { breaksAt, stays } of sessions) {
      const replica = stays.findLast((stay) => stay.seconds < seconds)?.replica ?? "";
      replicas.set(replica, (replicas.get(replica) ?? 0) + 1);
      breaks += breaksAt.filter((at) => at <= seconds && at > seconds - 0.5).length;
    }
    const answered = sessions.filter(({ echoed }) => echoed > 0);
    const latencies = Latencies.of(answered.map(({ latency }) => latency.p50));
    timeline.add({ seconds, replicas, latencies, breaks });
  }
  return timeline.points();
}
