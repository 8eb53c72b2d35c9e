import { styleText } from "node:util";
import type { Break, Report, SessionResult, Verdict } from "./report.ts";
import { histogramOf, oneIn } from "./statistics.ts";
import { isChanging, type Unit } from "./units.ts";
import { percent } from "./words.ts";

const BAR_WIDTH = 40;

/** Number of sessions that are listed after a roll-out. */
const LISTED = 10;

const COLOURS: Record<Verdict, "green" | "red" | "yellow"> = {
  sticky: "green",
  "not sticky": "red",
  inconclusive: "yellow",
  "cannot be judged": "yellow",
};

/** The report for a terminal or a pipe. */
export function reportText(report: Report): string {
  const { firstBreaks, reasons, scenario, totals, unit, verdict } = report;
  const { latency } = totals;
  return [
    table(
      ["replica", `${unit}s`, "sources", "share", "skew"],
      report.replicas.map(({ replica, sessions, sources, share, skew }) => [
        replica,
        String(sessions),
        String(sources),
        percent(share),
        skew.toFixed(2),
      ]),
    ),
    totalsTable(report),
    `round trip: median ${latency.p50} ms, 99 % within ${latency.p99} ms, at most ${latency.max} ms`,
    histogram(report),
    thirdsTable(report),
    scenario === "rollout" ? interruptionsTable(report) : "",
    `breaks: ${breaksText(report.breaks, unit)}`,
    // In a roll-out every session breaks.
    ...(scenario === "rollout" && unit === "session"
      ? []
      : firstBreaks.map((each) => breakText(each, unit))),
    detectableText(report),
    `${styleText(COLOURS[verdict], verdict)}: ${reasons.join("; ")}`,
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/**
 * The rate of strays that the run would have found, and with it the rates that it could have missed. Empty if it would have
 * found only a front that misroutes most connections, and while replicas change, when connections move without a fault.
 */
export function detectableText({ chances, detectableRate, scenario }: Report): string {
  return isChanging(scenario) || detectableRate > 0.5
    ? ""
    : `${chances} connections could have gone astray: strays of ${oneIn(detectableRate)} would have been found with 99 % certainty, rarer ones perhaps not.`;
}

/** Number of breaks of each kind. */
export function breaksText(breaks: Report["breaks"], unit: Unit): string {
  const foreign = `${breaks["foreign replica"]} by a foreign replica`;
  const { closed, unanswered } = breaks;
  return unit === "session" || breaks["unknown session"] + closed > 0
    ? `${breaks["unknown session"]} by an unknown session, ${foreign}, ${closed} closed`
    : `${foreign}, ${unanswered} unanswered`;
}

/** A break in plain words. */
export function breakText(each: Break, unit: Unit): string {
  const { detail, expected, met, seconds, session, transport } = each;
  const on = transport === "" ? "" : ` on ${transport}`;
  const who = expected === "" ? "" : ` expected ${expected}`;
  const whom = met === "" ? "" : `${who === "" ? "" : ","} reached ${met}`;
  return `  at ${seconds.toFixed(1)} s ${unit} ${session}${on}${who}${whom}: ${each.kind}, ${detail}`;
}

function totalsTable({ totals, visits }: Report): string {
  const { awayMs, doubled, echoed, lost, reconnects, sent } = totals;
  const columns: [string, number | string][] =
    visits === undefined
      ? [
          ["sent", sent],
          ["echoed", echoed],
          ["duplicated", doubled],
          ["lost", lost],
          ["reconnects", reconnects],
        ]
      : [
          ["requests", sent],
          ["answered", echoed],
          ["unanswered", lost],
          ["5xx", visits.errors],
          ["retried", visits.repeated],
          ["moves", totals.moves],
        ];
  columns.push(["away at most", `${awayMs} ms`]);
  return table(
    columns.map(([head]) => head),
    [columns.map(([, value]) => String(value))],
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) {
    return "";
  }
  const widths = heads.map((head, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), head.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return [styleText("bold", line(heads)), ...rows.map(line)].join("\n");
}

function histogram({ latencies }: Report): string {
  const bins = histogramOf(latencies);
  const most = Math.max(1, ...bins.map(({ times }) => times));
  return bins
    .map(({ fromMs, toMs, times }) => {
      const to = toMs === Infinity ? "more" : `${toMs} ms`;
      const range = `${fromMs} to ${to}`.padStart(16);
      return `${range} ${"█".repeat(Math.ceil((times / most) * BAR_WIDTH))} ${times}`;
    })
    .join("\n");
}

function thirdsTable({ thirds = [] }: Report): string {
  return table(
    ["third of the run", "answers", "median", "99 % within", "breaks"],
    thirds.map(({ answers, breaks, latency: { p50, p99 } }, index) => [
      String(index + 1),
      String(answers),
      `${p50} ms`,
      `${p99} ms`,
      String(breaks),
    ]),
  );
}

/** What a roll-out did to the sessions, those that lost most first. */
function interruptionsTable({ sessions, unit }: Report): string {
  const order = worstFirst(sessions);
  const [worst] = order;
  if (worst === undefined || worst.lost + worst.doubled + worst.awayMs === 0) {
    return "";
  }
  const rest = order.length - LISTED;
  const rows = order
    .slice(0, LISTED)
    .map(({ awayMs, doubled, lost, replicas, session }) => [
      String(session),
      `${awayMs} ms`,
      ...(unit === "session" ? [String(lost), String(doubled)] : [String(lost)]),
      replicas.join(" → "),
    ]);
  const losses = unit === "session" ? ["lost", "duplicated"] : ["unanswered"];
  const text = table([unit, "away", ...losses, "replicas"], rows);
  return rest > 0 ? `${text}\nand ${rest} more ${unit}s` : text;
}

/** Sessions by what they lost, and by the time that they were away. */
export function worstFirst(sessions: readonly SessionResult[]): SessionResult[] {
  return sessions.toSorted(
    (a, b) => b.lost + b.doubled - a.lost - a.doubled || b.awayMs - a.awayMs,
  );
}
