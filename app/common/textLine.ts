import { z } from "zod";
import { faultOf } from "./faults.ts";

/**
 * What a line of text cannot have: control characters, halves of characters, ends of lines, and what sets the direction
 * of writing for all that follows. The marks U+200E, U+200F and U+061C only help what stands beside them, as people who
 * mix Hebrew or Arabic with Latin need it (https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
 */
const BARRED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/**
 * A character with a glyph of its own. Without one are those that Unicode has fonts ignore, such as joiners, fillers,
 * tags and variation selectors, which may stand between others, and two symbols that are blank by design
 * (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point).
 */
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{DI}\u{2800}\u{1D159}]]/v;

export interface TextLineRule {
  /** Fewest characters; none at all where it is 0. */
  minLength: 0 | 1;
  maxLength: number;
  example: string;
}

/** A line of text that can be seen, without spaces around it and in NFC, so that what looks the same is the same. */
export function textLine(name: string, { minLength, maxLength, example }: TextLineRule) {
  const length = minLength === 0 ? `at most ${maxLength}` : `1 to ${maxLength}`;
  const allowed = `text of ${length} characters in one line, some of them visible`;
  const fault = faultOf(name, allowed, example, BARRED);
  const isLine = (text: string): boolean =>
    (text === "" && minLength === 0) ||
    (Array.from(text).length <= maxLength && VISIBLE.test(text) && !BARRED.test(text));
  return z
    .string(fault)
    .trim()
    .normalize("NFC")
    .refine(isLine, fault)
    .meta({ description: allowed, minLength, maxLength, examples: [example] });
}
