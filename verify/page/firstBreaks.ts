import { totalOf } from "../breaks.ts";
import type { Break, Report } from "../report.ts";
import { breaksText } from "../reportText.ts";
import { markup, section, table, type Markup } from "./html.ts";
import type { ReplicaTags } from "./replicaTags.ts";
import { counted } from "../words.ts";

/** What each kind of break is, in plain words. */
const MEANINGS: Record<Break["kind"], string> = {
  "unknown session": "a request reached a replica that did not have the session",
  "foreign replica": "another replica than before answered",
  closed: "the session ended unexpectedly",
  unanswered: "no replica answered",
};

/** The first breaks of a run. */
export function breaksSection(report: Report, tags: ReplicaTags): Markup {
  const { firstBreaks, unit } = report;
  const rows = firstBreaks.map((each) => [
    `${each.seconds.toFixed(1)} s`,
    each.session,
    whatBroke(each, tags),
  ]);
  return section(
    "First breaks",
    breakSentences(report),
    table("In the order of time", ["at", unit, "break"], rows),
  );
}

function whatBroke({ detail, expected, kind, met, transport }: Break, tags: ReplicaTags): Markup {
  const on = transport === "" ? "" : ` on ${transport}`;
  const replicas = [
    ...(expected === "" ? [] : [markup`<br>expected ${tags.named(expected)}`]),
    ...(met === "" ? [] : [markup`<br>reached ${tags.named(met)}`]),
  ];
  return markup`${kind}${on}${detail === "" ? "" : `: ${detail}`}${replicas}`;
}

/** Breaks in plain words. */
export function breakSentences({ breaks, firstBreaks, scenario, unit }: Report): string[] {
  const all = totalOf(breaks);
  if (all === 0) {
    return ["There were none."];
  }
  const kinds = [...new Set(firstBreaks.map(({ kind }) => kind))];
  return [
    `${counted(all, "break")}: ${breaksText(breaks, unit)}.`,
    ...kinds.map((kind) => `${sentence(kind)}: ${MEANINGS[kind]}.`),
    ...(scenario === "rollout" && unit === "session"
      ? ["During a roll-out every session breaks; this is expected."]
      : []),
    ...(firstBreaks.length === 0 && (scenario === "rollout" || scenario === "scale")
      ? [`They are expected: ${unit}s may move while replicas are replaced or added.`]
      : []),
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
