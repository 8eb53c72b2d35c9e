import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { MAX_TEXT, replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import { visitOf, type MakeVisit } from "../visits/visit.ts";

/** Visits an HTTP resource: sends one request and reads the whole response, whatever its status. */
export function visitHttp(place: ReplicaPlace): MakeVisit {
  return async (client, request, signal) => {
    const { body, status, ...response } = await client.open(request, signal);
    const text = await beginningOf(body);
    return visitOf(status, response.headers, replicaIn(place, { ...response, text }));
  };
}

/** Reads a body to its end and keeps its beginning. */
async function beginningOf(body: Readable): Promise<string> {
  let text = "";
  body.setEncoding("utf8").on("data", (chunk: string) => {
    text += text.length < MAX_TEXT ? chunk : "";
  });
  await finished(body);
  return text;
}
