import { z } from "zod";
import type { Fault } from "../../contract/fault.ts";
import { shown } from "../../contract/shown.ts";

/** Most characters of a wrong value that a response shows. */
const LONGEST = 60;

/** Characters that are invisible, or that change how the text around them is displayed. */
const INVISIBLE = /[[\p{C}\p{Z}\p{DI}]--\x20]/gv;

/** What a value of a request must be, for the error when it is not. */
export interface RequestRule extends Pick<Fault, "name" | "mustBe" | "example"> {
  /** Matches characters that are never allowed; the error names the first one. */
  wrong?: RegExp;
}

/** Rules by schema, for single values and for whole bodies. */
export const requestRules = z.registry<RequestRule>();

/** Describes what is wrong with a value of a request. */
export function requestFault({ name, mustBe, example, wrong }: RequestRule, got: unknown): Fault {
  const is = got === undefined || got === null ? "not set" : escaped(shown(got, LONGEST));
  return { name, problem: `is ${is}`, mustBe: `${mustBe}${withoutWrong(got, wrong)}`, example };
}

/** Treats an empty parameter as missing. */
export function emptyAsMissing(text: unknown): unknown {
  return text === "" ? undefined : text;
}

/** Escapes characters that people would not see, or would see in the wrong place. */
function escaped(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${hexOf(character)}}`);
}

/** Names the first wrong character, by its code point if it is invisible or may be confused with another one. */
function withoutWrong(got: unknown, wrong: RegExp | undefined): string {
  const character = typeof got === "string" ? wrong?.exec(got)?.[0] : undefined;
  if (character === undefined) {
    return "";
  }
  const number = `U+${hexOf(character).toUpperCase().padStart(4, "0")}`;
  if (escaped(character) !== character) {
    return `, without ${number}`;
  }
  return `, without "${character}"${character > "~" ? ` (${number})` : ""}`;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
