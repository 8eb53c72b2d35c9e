import type { Report, Verdict } from "../report.ts";
import { detectableText } from "../reportText.ts";
import { markup, type Markup } from "./html.ts";
import { counted, time } from "../words.ts";

/** Number of merged runs that are listed. */
const MAX_RUNS = 20;

/** Signs of the verdicts, which also differ without colours. */
const SIGNS: Record<Verdict, string> = {
  sticky: "✓",
  "not sticky": "✗",
  inconclusive: "?",
  "cannot be judged": "?",
};

/** Verdict, reasons and certainty, and what was run. */
export function summary(report: Report): Markup {
  const { reasons, url, verdict } = report;
  const certainty = certaintyOf(report);
  const facts = factsOf(report).map(
    ([name, ...values]) =>
      markup`<dt>${name}</dt>${values.map((value) => markup`<dd>${value}</dd>`)}
`,
  );
  return markup`<header>
<h1 class="${verdict.replaceAll(" ", "-")}"><span aria-hidden="true">${SIGNS[verdict]}</span> ${verdict}</h1>
<p class="url">${url}</p>
<ul>
${reasons.map(
  (reason) => markup`<li>${sentenceOf(reason)}</li>
`,
)}</ul>
${certainty === "" ? "" : markup`<p>${certainty}</p>`}
<dl>
${facts}</dl>
</header>
`;
}

/** Which strays the run would have found. */
export function certaintyOf(report: Report): string {
  return detectableText(report);
}

function factsOf(report: Report): [name: string, ...values: string[]][] {
  const { kind, maxFailures, replica, runs, scenario, sessions, totals, unit, visits } = report;
  const transports = [...new Set(sessions.flatMap((session) => session.transports))];
  const more = runs.length - MAX_RUNS;
  const options = [
    `--replica ${replica}`,
    ...(visits?.cookieJar === undefined ? [] : [`--cookie-jar ${visits.cookieJar}`]),
    ...(visits?.key === undefined ? [] : [`--key ${visits.key}`]),
    ...(scenario === "rollout" ? [] : [`--max-failures ${maxFailures}`]),
  ];
  return [
    ["kind", [kind, ...transports].join(", ")],
    ["scenario", scenario],
    [
      runs.length === 1 ? "run" : "runs",
      ...runs.slice(0, MAX_RUNS).map(runText),
      ...(more > 0 ? [`and ${more} more`] : []),
    ],
    ["options", options.join(" ")],
    [`${unit}s`, String(totals.sessions)],
    ...(visits === undefined ? messageFacts(report) : requestFacts(report, visits)),
  ];
}

function runText({ network, seconds, seed, started }: Report["runs"][number]): string {
  const when = started.replace("T", " ").replace(/\.\d+Z$|Z$/, " UTC");
  return `${when}, for ${time(seconds * 1000)}, from ${network}, with seed ${seed}`;
}

function messageFacts({ totals }: Report): [string, string][] {
  const { awayMs, doubled, echoed, lost, reconnects, sent } = totals;
  return [
    ["messages", `${sent} sent, ${echoed} echoed`],
    ["failures", `${lost} lost, ${doubled} duplicated`],
    ["reconnects", `${reconnects}${awayText(awayMs)}`],
  ];
}

function requestFacts(
  { totals }: Report,
  { errors, repeated }: NonNullable<Report["visits"]>,
): [string, string][] {
  const { awayMs, echoed, lost, moves, sent } = totals;
  return [
    ["requests", `${sent} sent, ${echoed} answered, ${repeated} repeated`],
    ["failures", `${lost} unanswered, ${counted(errors, "response")} with a 5xx status`],
    ["moves", `${moves}${awayText(awayMs)}`],
  ];
}

function awayText(awayMs: number): string {
  return awayMs === 0 ? "" : `, away for at most ${time(awayMs)}`;
}

function sentenceOf(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
