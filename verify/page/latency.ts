import type { Report } from "../report.ts";
import { histogramOf } from "../statistics.ts";
import { figure, markup, section, table, type Markup } from "./html.ts";
import { longestRun } from "./lanes.ts";
import { percentOf, stretched, timeAxis } from "./timeAxis.ts";
import { percent, time } from "../words.ts";

/** Height of the box in which lines are drawn; it is stretched. */
const HEIGHT = 100;

/** Shortest time on the axis, in milliseconds: the scale has no zero. */
const SHORTEST_MS = 1;

/** How long answers took. */
export function latencySection(report: Report): Markup {
  return section(
    "Round trips",
    latencySentences(report),
    histogram(report),
    course(report),
    thirds(report),
  );
}

/** How long answers took, in plain words. */
export function latencySentences({ latencies, thirds, totals }: Report): string[] {
  const answers = latencies.reduce((sum, [, times]) => sum + times, 0);
  if (answers === 0) {
    return ["Nothing was answered."];
  }
  const { max, p50, p99 } = totals.latency;
  const [first, , last] = thirds ?? [];
  const sentences = [
    `Of ${answers} answers, half took at most ${time(p50)} and 99 % at most ${time(p99)}; the slowest took ${time(max)}.`,
  ];
  if (first !== undefined && last !== undefined && first.answers > 0 && last.answers > 0) {
    sentences.push(
      `In the first third of the run, 99 % took at most ${time(first.latency.p99)}, in the last third ${time(last.latency.p99)}.`,
    );
  }
  return sentences;
}

function histogram({ latencies }: Report): Markup {
  const bins = histogramOf(latencies);
  const answers = bins.reduce((sum, { times }) => sum + times, 0);
  if (answers === 0) {
    return markup``;
  }
  const most = Math.max(...bins.map(({ times }) => times));
  const shown = bins.slice(bins.findIndex(({ times }) => times > 0)).map((bin) => ({
    ...bin,
    range: rangeOf(bin),
  }));
  const words = shown.map(({ range, times }) => `${range} ${times}`).join(", ");
  return markup`<h3>How many took how long</h3>
${figure(
  words,
  ...shown.map(
    ({ range, times }) =>
      markup`<div class="bin"><span>${range}</span><svg height="16"><rect class="plain" width="${percentOf(times, most)}%" height="16"/></svg><span>${times} (${percent(times / answers)})</span></div>
`,
  ),
)}`;
}

function rangeOf({ fromMs, toMs }: { fromMs: number; toMs: number }): string {
  if (toMs === Infinity) {
    return `over ${time(fromMs)}`;
  }
  if (fromMs === 0) {
    return `under ${time(toMs)}`;
  }
  const hasOneUnit = fromMs >= 1000 || toMs < 1000;
  return `${hasOneUnit ? parseFloat(time(fromMs)) : time(fromMs)} to ${time(toMs)}`;
}

/** Median and 99th percentile over time; nothing in a merged report. */
function course(report: Report): Markup {
  const { timeline } = report;
  const slowest = Math.max(0, ...timeline.map(({ latency }) => latency.p99));
  const answered = timeline.filter(({ answers }) => answers > 0);
  if (answered.length === 0) {
    return markup``;
  }
  const seconds = longestRun(report);
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(slowest, SHORTEST_MS))));
  const yOf = (milliseconds: number): number =>
    HEIGHT * (1 - Math.log10(Math.max(milliseconds, SHORTEST_MS)) / decades);
  const lineOf = (part: "p50" | "p99"): string =>
    timeline
      .map(({ answers, latency, seconds: at }, index) => {
        const isOn = index > 0 && (timeline[index - 1]?.answers ?? 0) > 0;
        const y = Math.round(yOf(latency[part]) * 10) / 10;
        return answers === 0 ? "" : `${isOn ? "L" : "M"}${percentOf(at, seconds)} ${y}`;
      })
      .join("");
  const marks = Array.from({ length: decades + 1 }, (_, decade) => 10 ** decade);
  const grid = marks.map((mark) => `M0 ${yOf(mark)}h100`).join("");
  const last = answered.at(-1)?.latency;
  return markup`<h3>Over time</h3>
<p>The lower, the faster; each line of the grid stands for ten times as long as the one below. <svg class="key" width="32" height="8"><path class="p50" d="M0 4h32"/></svg> half of the answers took at most this long, <svg class="key" width="32" height="8"><path class="p99" d="M0 4h32"/></svg> 99 % did.</p>
${figure(
  `Median and 99th percentile of the round trips over time. At the end half took at most ${time(last?.p50 ?? 0)} and 99 % at most ${time(last?.p99 ?? 0)}; the slowest interval had a 99th percentile of ${time(slowest)}.`,
  markup`<div class="row"><span class="ends">${marks.toReversed().map((mark) => markup`<span>${time(mark)}</span>`)}</span><svg class="area" height="150">${stretched(
    HEIGHT,
    [
      markup`<path class="grid" d="${grid}"/><path class="p50" d="${lineOf("p50")}"/><path class="p99" d="${lineOf("p99")}"/>`,
    ],
  )}</svg></div>
<div class="row"><span></span>${timeAxis(seconds)}</div>`,
)}`;
}

function thirds({ thirds = [] }: Report): Markup {
  return table(
    "The thirds of the run",
    ["third", "answers", "half within", "99 % within", "breaks"],
    thirds.map(({ answers, breaks, latency: { p50, p99 } }, index) => [
      index + 1,
      answers,
      time(p50),
      time(p99),
      breaks,
    ]),
  );
}
