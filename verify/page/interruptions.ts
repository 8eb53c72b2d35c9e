import type { Report, SessionResult } from "../report.ts";
import { worstFirst } from "../reportText.ts";
import { markup, section, table, type Markup } from "./html.ts";
import type { ReplicaTags } from "./replicaTags.ts";
import { counted, time } from "../words.ts";

/** Number of sessions that are listed. */
const MAX_ROWS = 100;

/** Replicas of a session that are listed. */
const MAX_REPLICAS = 6;

/** What a roll-out did to the sessions, the worst first; nothing in other scenarios. */
export function interruptions(report: Report, tags: ReplicaTags): Markup {
  const { scenario, sessions, unit } = report;
  if (scenario !== "rollout") {
    return markup``;
  }
  const worst = worstFirst(sessions);
  const rest = worst.length - MAX_ROWS;
  const rows = worst
    .slice(0, MAX_ROWS)
    .map((session) => [
      session.session,
      time(session.awayMs),
      session.lost,
      ...(unit === "session" ? [session.doubled] : []),
      pathOf(session, tags),
    ]);
  return section(
    `What the roll-out did to each ${unit}`,
    [
      ...interruptionSentences(report),
      rest > 0 ? `Listed are the ${MAX_ROWS} that were hit most.` : "",
    ],
    table(
      `The ${unit}s that were hit most come first`,
      [unit, "away", "lost", ...(unit === "session" ? ["duplicated"] : []), "replicas"],
      rows,
    ),
  );
}

/** How long sessions were away and what they lost, in plain words. */
export function interruptionSentences({ sessions, totals, unit }: Report): string[] {
  const away = sessions.map(({ awayMs }) => awayMs).toSorted((a, b) => a - b);
  const median = away[Math.ceil(away.length / 2) - 1] ?? 0;
  const losers = sessions.filter(({ doubled, lost }) => lost + doubled > 0).length;
  const { doubled, lost } = totals;
  const faults =
    unit === "session"
      ? `${lost} lost and ${doubled} duplicated`
      : `${counted(lost, "request")} without a response`;
  return [
    "Away is the longest time from a break to the next answer.",
    `Half of the ${unit}s were away for at most ${time(median)}, the longest for ${time(totals.awayMs)}.`,
    losers === 0 ? "None lost anything." : `${counted(losers, unit)} lost something: ${faults}.`,
  ];
}

/** The replicas one after the other, as tags. */
function pathOf({ replicas, stays }: SessionResult, tags: ReplicaTags): Markup {
  const path = stays.slice(0, MAX_REPLICAS).map(({ replica }) => replica);
  const more = stays.length - path.length;
  return markup`${path.map((replica, index) => markup`${index === 0 ? "" : " → "}${tags.tag(replica)}`)}${more > 0 ? ` … ${replicas.length} replicas` : ""}`;
}
