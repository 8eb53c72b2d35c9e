import { markup, type Markup } from "./html.ts";
import { time } from "../words.ts";

/** Number of ticks at most that fit on a phone. */
const MAX_TICKS = 4;

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];
const LONGEST_STEP = 28_800;

/** An axis of the seconds since the start of a run. */
export function timeAxis(seconds: number): Markup {
  const step = STEPS.find((each) => seconds / each <= MAX_TICKS) ?? LONGEST_STEP;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  const drawn = ticks.map((tick) => {
    const x = percentOf(tick, seconds);
    const anchor = x < 5 ? "start" : x > 90 ? "end" : "middle";
    const label = tick === 0 ? "0" : time(tick * 1000);
    return markup`<line x1="${x}%" x2="${x}%" y2="4"/><text x="${x}%" y="16" text-anchor="${anchor}">${label}</text>`;
  });
  return markup`<svg class="time" height="20">${drawn}</svg>`;
}

/** A part of a whole in percent, for coordinates in a chart of any width. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100;
}

/** Shapes in a box of 100 by this height, which is stretched to the size of the element around it. */
export function stretched(height: number, shapes: readonly Markup[]): Markup {
  return markup`<svg viewBox="0 0 100 ${height}" preserveAspectRatio="none" width="100%" height="100%">${shapes}</svg>`;
}

/** Lines at the times of breaks, on a halo that shows them on every colour. */
export function breakMarks(seconds: readonly number[], all: number, height: number): Markup {
  if (seconds.length === 0) {
    return markup``;
  }
  // Lines that could not be told apart are one.
  const xs = new Set(seconds.map((each) => Math.round(percentOf(each, all) * 10) / 10));
  const d = [...xs].map((x) => `M${x} 0v${height}`).join("");
  return markup`<path class="halo" d="${d}"/><path class="mark" d="${d}"/>`;
}
