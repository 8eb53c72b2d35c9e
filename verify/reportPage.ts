import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { escaped } from "./markup.ts";
import type { Report } from "./report.ts";
import { breakText, detectableText } from "./reportText.ts";
import { histogramOf } from "./statistics.ts";

const WIDTH = 720;
const HEIGHT = 220;

/** The report as one page without external files. */
export async function reportPage(report: Report): Promise<string> {
  const plots = await Promise.all(
    [sessionsOverTime(report), latencies(report), spread(report)].map(svg),
  );
  const { kind, totals, unit, verdict, visits } = report;
  const facts: [string, string | number][] = [
    ["URL", report.url],
    ["scenario", report.scenario],
    ...report.runs.map(({ network, seconds, seed, started }): [string, string] => [
      "run",
      `${started} from ${network}, ${seconds.toFixed(0)} s, seed ${seed}`,
    ]),
    ["kind", kind],
    [`${unit}s`, totals.sessions],
    ...(visits === undefined ? sessionFacts(report) : visitFacts(report, visits)),
    ["round trip", `median ${totals.latency.p50} ms, 99 % within ${totals.latency.p99} ms`],
    ["certainty", detectableText(report)],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(verdict)}: ${escaped(report.url)}</title>
<style>${STYLE}</style>
<main>
<h1 class="${verdict.replaceAll(" ", "-")}">${escaped(verdict)}</h1>
<p>${escaped(report.reasons.join("; "))}</p>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escaped(String(value))}</dd>`).join("")}</dl>
<h2>Over time, ${unit}s by replica</h2><figure>${plots[0] ?? ""}</figure>
<h2>Round trips</h2><figure>${plots[1] ?? ""}</figure>
<h2>Spread of the ${unit}s</h2><figure>${plots[2] ?? ""}</figure>
<h2>First breaks</h2>
${report.firstBreaks.length === 0 ? "<p>None.</p>" : `<pre>${escaped(report.firstBreaks.map((each) => breakText(each, unit)).join("\n"))}</pre>`}
</main>
</html>
`;
}

function sessionFacts({ totals }: Report): [string, string][] {
  return [
    ["sent, echoed", `${totals.sent}, ${totals.echoed}`],
    ["duplicated, lost", `${totals.doubled}, ${totals.lost}`],
    ["reconnects", `${totals.reconnects}, away at most ${totals.awayMs} ms`],
  ];
}

function visitFacts({ totals }: Report, visits: NonNullable<Report["visits"]>): [string, string][] {
  const { cookieJar, errors, key, repeated } = visits;
  return [
    ...(cookieJar === undefined ? [] : [["cookie jar", cookieJar] satisfies [string, string]]),
    ...(key === undefined ? [] : [["key", key] satisfies [string, string]]),
    ["requests, answered", `${totals.sent}, ${totals.echoed}`],
    ["5xx, repeated", `${errors}, ${repeated}`],
    ["moves", `${totals.moves}, away at most ${totals.awayMs} ms`],
  ];
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#f5f6fa, #14171c); color: light-dark(#1f2430, #e6e8ee); }
main { max-width: 60rem; margin: auto; padding: 1.5rem; }
h1 { display: inline-block; margin: 0; padding: 0.25rem 1rem; border-radius: 0.5rem; color: #fff; }
h1.sticky { background: #17803d; } h1.not-sticky { background: #b42318; } h1.inconclusive, h1.cannot-be-judged { background: #8a5a00; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.5rem; }
dt { color: light-dark(#5b6475, #9aa3b2); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0; padding: 1rem; border-radius: 0.75rem; background: #fff; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; }
pre { white-space: pre-wrap; padding: 1rem; border-radius: 0.75rem; background: light-dark(#fff, #1c2027); overflow-x: auto; }
`;

function sessionsOverTime({ timeline, unit }: Report): TopLevelSpec {
  return {
    width: WIDTH,
    height: HEIGHT,
    data: {
      values: timeline.flatMap(({ replicas, seconds }) =>
        Object.entries(replicas).map(([replica, sessions]) => ({ seconds, replica, sessions })),
      ),
    },
    mark: { type: "area", interpolate: "step-after" },
    encoding: {
      x: { field: "seconds", type: "quantitative", title: "seconds" },
      y: {
        field: "sessions",
        type: "quantitative",
        stack: "zero",
        title: unit === "session" ? "open sessions" : `${unit}s answered`,
      },
      color: { field: "replica", type: "nominal", title: "replica" },
    },
  };
}

function latencies(report: Report): TopLevelSpec {
  const values = histogramOf(report.latencies).map(({ fromMs, toMs, times }) => ({
    range: toMs === Infinity ? `over ${fromMs}` : `${fromMs}–${toMs}`,
    echoes: times,
  }));
  return {
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: "bar",
    encoding: {
      x: { field: "range", type: "ordinal", sort: null, title: "milliseconds" },
      y: { field: "echoes", type: "quantitative", title: "echoes" },
    },
  };
}

function spread({ replicas }: Report): TopLevelSpec {
  return {
    width: WIDTH,
    height: { step: 32 },
    data: { values: replicas },
    mark: "bar",
    encoding: {
      x: { field: "sessions", type: "quantitative", title: "sessions" },
      y: { field: "replica", type: "nominal", title: null },
      color: { field: "replica", type: "nominal", legend: null },
    },
  };
}

async function svg(spec: TopLevelSpec): Promise<string> {
  return new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
}
