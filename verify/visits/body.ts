import { addAbortSignal, type Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { Failure } from "../failure.ts";
import { MAX_TEXT } from "../replicaPlace.ts";
import type { Limit } from "./limit.ts";

/** Maximum bytes of a message or a payload that must be complete: a server could send more than there is memory. */
export const MAX_MESSAGE = 4 * 1024 * 1024;

/** Reads a body to its end, in time, and keeps its beginning. */
export async function beginningOf(body: Readable, limit: Limit): Promise<string> {
  return read(body, limit, (text, chunk) => (text.length < MAX_TEXT ? text + chunk : text));
}

/**
 * Reads a whole body in time.
 *
 * @throws Failure if it has more than {@link MAX_MESSAGE}
 */
export async function wholeOf(body: Readable, limit: Limit): Promise<string> {
  return read(body, limit, (text, chunk) => {
    if (text.length > MAX_MESSAGE) {
      body.destroy(new Failure(`the response is longer than ${MAX_MESSAGE} bytes`));
    }
    return text + chunk;
  });
}

async function read(
  body: Readable,
  limit: Limit,
  add: (text: string, chunk: string) => string,
): Promise<string> {
  let text = "";
  limit.late.words = "the response did not end";
  addAbortSignal(limit.signal, body)
    .setEncoding("utf8")
    .on("data", (chunk: string) => (text = add(text, chunk)));
  await finished(body);
  return text;
}
