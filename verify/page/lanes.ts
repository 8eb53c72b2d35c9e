import { totalOf } from "../breaks.ts";
import type { Report, SessionResult } from "../report.ts";
import { MAX_KEPT } from "../tally.ts";
import { figure, markup, type Markup } from "./html.ts";
import type { ReplicaTags } from "./replicaTags.ts";
import { breakMarks, percentOf, stretched, timeAxis } from "./timeAxis.ts";
import { counted } from "../words.ts";

/** Number of sessions whose lanes are drawn. */
const MAX_LANES = 100;

/** Number of lanes, at most, above one axis; blocks of them fit on a printed page, and beside each other where there is room. */
const LANES_A_BLOCK = 25;

/** Part of the width from which on a stay has room for its letter, on a phone as well. */
const LETTER_PERCENT = 9;

/** What the lanes show, in plain words. */
export function laneSentences({ breaks, replicas, sessions, totals, unit }: Report): string[] {
  const several = sessions.filter((session) => session.replicas.length > 1).length;
  const broken = sessions.filter(({ breaksAt }) => breaksAt.length > 0).length;
  const all = totalOf(breaks);
  const found = [
    replicas.length === 0
      ? `The server does not name its replicas, so the lanes show only breaks.`
      : several === 0
        ? `Each ${unit} stayed on one replica.`
        : `${several} of ${counted(totals.sessions, unit)} reached several replicas.`,
    all === 0 ? "There were no breaks." : `${counted(all, "break")} in ${counted(broken, unit)}.`,
  ];
  const limits = [
    sessions.length > MAX_LANES
      ? `Shown are ${MAX_LANES} of ${sessions.length}: those with most breaks and moves, then others, evenly chosen.`
      : "",
    sessions.some((session) => isCut(session) || totalOf(session.breaks) > MAX_KEPT)
      ? `Of each ${unit}, the first ${MAX_KEPT} moves and breaks are shown.`
      : "",
  ];
  return [
    `Each lane is one ${unit}, and its colour and letter are the replica that answered. A line across a lane is a break.`,
    ...found,
    ...limits.filter((limit) => limit !== ""),
  ];
}

/** A lane for each session, with the replicas that it met over time. */
export function lanes(report: Report, tags: ReplicaTags): Markup {
  const chosen = chosenLanes(report.sessions);
  const seconds = longestRun(report);
  const blocks = [...Map.groupBy(chosen, ({ run }) => run)].flatMap(([run, sessions]) =>
    blocksOf(sessions).map((each) => {
      const network = report.runs.length > 1 ? report.runs[run]?.network : undefined;
      return block(report, each, { network, seconds, tags });
    }),
  );
  const met = [
    ...chosen.flatMap(({ stays }) => stays.map(({ replica }) => replica)),
    ...report.timeline.flatMap(({ replicas }) => Object.keys(replicas)),
  ];
  return markup`${tags.legend(met)}${figure(laneSentences(report).slice(1).join(" "), markup`<div class="blocks">${blocks}</div>`)}`;
}

/** The longest run, to which all lanes are drawn. */
export function longestRun({ runs }: Report): number {
  return Math.max(0, ...runs.map(({ seconds }) => seconds));
}

/** Sessions by their breaks and moves, and of those with equally many an even choice; those that moved alike are neighbours. */
export function chosenLanes(sessions: readonly SessionResult[]): SessionResult[] {
  const byEvents = [...Map.groupBy(sessions, eventsOf)].toSorted(([a], [b]) => b - a);
  const chosen: SessionResult[] = [];
  for (const [, alike] of byEvents) {
    chosen.push(...evenly(alike, MAX_LANES - chosen.length));
  }
  const moveAt = ({ stays }: SessionResult): number => stays[1]?.seconds ?? 0;
  return chosen.toSorted(
    (a, b) =>
      a.run - b.run ||
      Number(eventsOf(b) > 0) - Number(eventsOf(a) > 0) ||
      (a.replicas[0] ?? "").localeCompare(b.replicas[0] ?? "") ||
      moveAt(a) - moveAt(b),
  );
}

function eventsOf({ breaks, moves }: SessionResult): number {
  return moves + totalOf(breaks);
}

/** At most this many of the values, from the first to the last. */
function evenly<T>(values: readonly T[], most: number): T[] {
  const part = values.length / most;
  return values.length <= most
    ? [...values]
    : Array.from({ length: most }, (_, index) => values[Math.floor(index * part)] as T);
}

/** One block, or an even number of equal ones. */
function blocksOf(sessions: readonly SessionResult[]): (readonly SessionResult[])[] {
  const { length } = sessions;
  const blocks = length > LANES_A_BLOCK ? 2 * Math.ceil(length / LANES_A_BLOCK / 2) : 1;
  const size = Math.ceil(length / blocks);
  return Array.from({ length: blocks }, (_, index) =>
    sessions.slice(index * size, (index + 1) * size),
  );
}

interface Scale {
  network: string | undefined;
  seconds: number;
  tags: ReplicaTags;
}

function block(report: Report, sessions: readonly SessionResult[], scale: Scale): Markup {
  const { network, seconds } = scale;
  const drawn = sessions.map(
    (session) =>
      markup`<div class="row"><span>${session.session}</span><svg class="lane" height="13">${lane(report, session, scale)}</svg></div>
`,
  );
  const heading = network === undefined ? markup`` : markup`<p>from <bdi>${network}</bdi></p>`;
  return markup`<div class="block">${heading}
${drawn}<div class="row"><span>${report.unit}</span>${timeAxis(seconds)}</div></div>
`;
}

function lane({ runs }: Report, session: SessionResult, { seconds, tags }: Scale): Markup {
  const stays = staysOf(session, runs[session.run]?.seconds ?? seconds);
  const shapes = [...Map.groupBy(stays, ({ replica }) => tags.colour(replica))].map(
    ([colour, own]) => {
      const d = own.map(({ from, to }) => {
        const x = percentOf(from, seconds);
        return `M${x} 0H${percentOf(to, seconds)}V1H${x}z`;
      });
      return markup`<path class="${colour}" d="${d.join("")}"/>`;
    },
  );
  const letters = stays
    .filter(({ from, to }) => percentOf(to - from, seconds) >= LETTER_PERCENT)
    .map(
      ({ from, replica }) =>
        markup`<text x="${percentOf(from, seconds)}%" dx="3" y="10" class="${tags.colour(replica)}">${tags.letters(replica)}</text>`,
    );
  return markup`${stretched(1, [...shapes, breakMarks(session.breaksAt, seconds, 1)])}${letters}`;
}

/** Each stay with its end. What follows the last one that was kept is not known. */
function staysOf(session: SessionResult, end: number) {
  const { stays } = session;
  const known = isCut(session) ? stays.slice(0, -1) : stays;
  return known.map(({ replica, seconds }, index) => ({
    replica,
    from: seconds,
    to: stays[index + 1]?.seconds ?? Math.max(seconds, end),
  }));
}

/** Whether it moved more often than the report has stays of it. */
function isCut({ moves, stays }: SessionResult): boolean {
  return moves >= stays.length && stays.length > 0;
}
