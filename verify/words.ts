import { cut } from "../app/contract/shown.ts";

/** A number of things: `1 client`, `2 clients`, `2 addresses`. */
export function counted(number: number, thing: string): string {
  return `${number} ${number === 1 ? thing : plural(thing)}`;
}

/** Several things: `clients`, `addresses`. */
export function plural(thing: string): string {
  return thing.endsWith("s") ? `${thing}es` : `${thing}s`;
}

/** A part of a whole: `33.3 %`. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

/** A time that is as exact as its length needs: `1.2 ms`, `15 s`, `30 min`. */
export function time(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) {
    return `${short(milliseconds)} ms`;
  }
  if (seconds < 120) {
    return `${short(seconds)} s`;
  }
  return seconds < 7200 ? `${short(seconds / 60)} min` : `${short(seconds / 3600)} h`;
}

/** Three digits at most, unless they are before the point. */
function short(number: number): number {
  return number >= 100 ? Math.round(number) : Number(number.toPrecision(3));
}

/** Maximum characters that are kept of a text from a server. */
const MAX_PRINTED = 300;

/** A text from a server, so that a terminal does not obey it. */
export function printable(text: string): string {
  return cut(text, MAX_PRINTED).replace(/\p{C}/gu, "?");
}
