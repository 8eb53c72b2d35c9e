import { z } from "zod";
import { requestRules } from "./requestRule.ts";
import { FORBIDDEN, isVisible } from "./visibleText.ts";

export interface TextLineRule {
  /** Fewest characters; 0 allows an empty text. */
  minLength: 0 | 1;
  maxLength: number;
  example: string;
}

/** A visible line of text, trimmed and normalised to NFC, so texts that look the same are equal. */
export function textLine(name: string, { minLength, maxLength, example }: TextLineRule) {
  const length = minLength === 0 ? `at most ${maxLength}` : `1 to ${maxLength}`;
  const mustBe = `text of ${length} characters in one line, some of them visible`;
  const isLine = (text: string): boolean =>
    (text === "" && minLength === 0) ||
    (Array.from(text).length <= maxLength && isVisible(text) && !FORBIDDEN.test(text));
  return z
    .string()
    .trim()
    .normalize("NFC")
    .refine(isLine)
    .meta({ description: mustBe, minLength, maxLength, examples: [example] })
    .register(requestRules, { name, mustBe, example, wrong: FORBIDDEN });
}
