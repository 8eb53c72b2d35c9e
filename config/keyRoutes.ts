import { z } from "zod";
import type { KeyRoute } from "../app/contract/keyRoute.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

const key = z.discriminatedUnion("from", [
  z.strictObject({ from: z.literal("path") }),
  z.strictObject({ from: z.literal("header"), header: z.string() }),
  z.strictObject({ from: z.literal("cookie"), cookie: z.string() }),
  z.strictObject({ from: z.literal("query"), parameter: z.string() }),
  z.strictObject({ from: z.literal("json"), field: z.string() }),
]);

/** Where the key of a request is, in the order in which it is looked for. */
export const keyRoutes = z
  .array(
    z.strictObject({
      key,
      path: z.string(),
      methods: z.array(z.enum(METHODS)).min(1).optional(),
      normalise: z.enum(["identifier", "none"]).default("none"),
    }) satisfies z.ZodType<KeyRoute>,
  )
  .min(1)
  .meta({
    description:
      "a list of {key, path, methods, normalise}, whose key is {from: path}, {from: header, header}, {from: cookie, cookie}, {from: query, parameter} or {from: json, field}",
    example: "[{key: {from: path}, path: /rooms}]",
  });
