import type { Report } from "../report.ts";
import { figure, markup, type Markup } from "./html.ts";
import { longestRun } from "./lanes.ts";
import type { ReplicaTags } from "./replicaTags.ts";
import { breakMarks, percentOf, stretched, timeAxis } from "./timeAxis.ts";
import { counted } from "../words.ts";

/** Height of the box in which areas are drawn; it is stretched. */
const HEIGHT = 1000;

/** Sessions by replica over the time of a run, all of them; nothing in a merged report, or without names. */
export function overTime(report: Report, tags: ReplicaTags): Markup {
  const { replicas, timeline, unit } = report;
  const most = Math.max(0, ...timeline.map((point) => sumOf(point.replicas)));
  if (most === 0 || replicas.length === 0) {
    return markup``;
  }
  const seconds = longestRun(report);
  const shapes = new Map<string, string>();
  timeline.forEach((point, index) => {
    const from = percentOf(timeline[index - 1]?.seconds ?? 0, seconds);
    let below = 0;
    for (const [replica, sessions] of Object.entries(point.replicas).toSorted(byName)) {
      const y = HEIGHT - yOf(below, most);
      below += sessions;
      const rectangle = `M${from} ${y}H${percentOf(point.seconds, seconds)}V${HEIGHT - yOf(below, most)}H${from}z`;
      const colour = tags.colour(replica);
      shapes.set(colour, (shapes.get(colour) ?? "") + rectangle);
    }
  });
  const areas = [...shapes].map(([colour, d]) => markup`<path class="${colour}" d="${d}"/>`);
  const broken = timeline.filter(({ breaks }) => breaks > 0);
  const words = `All ${unit}s by the replica that answered last, over ${Math.round(seconds)} s: at most ${counted(most, unit)} at once; breaks in ${broken.length} of ${timeline.length} intervals.`;
  // As the areas, from the beginning of their interval.
  const at = broken.map((point) => timeline[timeline.indexOf(point) - 1]?.seconds ?? 0);
  return markup`<h3>All ${unit}s</h3>
<p>The coloured areas are the numbers of ${unit}s by the replica that answered last, and the lines below them the breaks.</p>
${figure(
  words,
  markup`<div class="row"><span class="ends"><span>${most}</span><span>0</span></span><svg class="area" height="120">${stretched(HEIGHT, areas)}</svg></div>
<div class="row"><span>breaks</span><svg class="lane" height="13">${stretched(1, [breakMarks(at, seconds, 1)])}</svg></div>
<div class="row"><span></span>${timeAxis(seconds)}</div>`,
)}`;
}

function byName([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : 1;
}

function sumOf(replicas: Readonly<Record<string, number>>): number {
  return Object.values(replicas).reduce((sum, each) => sum + each, 0);
}

function yOf(sessions: number, most: number): number {
  return Math.round((sessions / most) * HEIGHT);
}
