import { z } from "zod";
import { faultOf } from "./faults.ts";
import { BARRED, isVisible } from "./visibleText.ts";

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
    (Array.from(text).length <= maxLength && isVisible(text) && !BARRED.test(text));
  return z
    .string(fault)
    .trim()
    .normalize("NFC")
    .refine(isLine, fault)
    .meta({ description: allowed, minLength, maxLength, examples: [example] });
}
