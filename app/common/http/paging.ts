import { z } from "zod";
import { emptyAsMissing, requestRules } from "./requestRule.ts";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The parameter `limit` of a list. */
export const pageLimit = z
  .preprocess(
    (text) => (/^\d+$/.test(String(text)) ? Number(text) : emptyAsMissing(text)),
    z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  )
  .describe("Maximum number of entries in the response")
  .register(requestRules, {
    name: "limit",
    mustBe: `a whole number from 1 to ${MAX_LIMIT}`,
    example: String(DEFAULT_LIMIT),
  });
