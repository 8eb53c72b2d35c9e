import { z } from "zod";
import type { Fault } from "../../contract/fault.ts";
import { shown } from "../../contract/shown.ts";

/** Characters of what was got that the answer to a request shows. */
const LONGEST = 60;

/** Characters that cannot be seen, or that would change how the words around them are read. */
const UNSEEN = /[[\p{C}\p{Z}\p{DI}]--\x20]/gv;

/** What a value of a request must be, whatever of that it is not. */
export interface RequestRule extends Pick<Fault, "name" | "mustBe" | "example"> {
  /** A character that is wrong wherever it stands: the first one is named. */
  wrong?: RegExp;
}

/** Rules by the schemas of values, and of whole bodies. */
export const requestRules = z.registry<RequestRule>();

/** What is wrong with a value of a request. */
export function requestFault({ name, mustBe, example, wrong }: RequestRule, got: unknown): Fault {
  const is = got === undefined || got === null ? "not set" : seen(shown(got, LONGEST));
  return { name, problem: `is ${is}`, mustBe: `${mustBe}${butFor(got, wrong)}`, example };
}

/** An empty parameter is none. */
export function orNone(text: unknown): unknown {
  return text === "" ? undefined : text;
}

/** Without characters that people would not see, or not where they are. */
function seen(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${hexOf(character)}}`);
}

/** Names a character: by its number where people would not see it, or could take it for another one. */
function butFor(got: unknown, wrong: RegExp | undefined): string {
  const character = typeof got === "string" ? wrong?.exec(got)?.[0] : undefined;
  if (character === undefined) {
    return "";
  }
  const number = `U+${hexOf(character).toUpperCase().padStart(4, "0")}`;
  if (seen(character) !== character) {
    return `, without ${number}`;
  }
  return `, without "${character}"${character > "~" ? ` (${number})` : ""}`;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
