import type { Readable } from "node:stream";
import { createParser } from "eventsource-parser";
import { isInText, MAX_TEXT, replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import { visitOf, type MakeVisit } from "../visits/visit.ts";

/** Visits a stream of server-sent events: opens it and closes it after the response headers, or after the event that names the replica. */
export function visitSse(place: ReplicaPlace): MakeVisit {
  return async (client, request, signal) => {
    const headers = { ...request.headers, accept: "text/event-stream" };
    const { body, status, ...response } = await client.open({ ...request, headers }, signal);
    // Destroyed before its end, which is no fault here.
    body.on("error", () => undefined);
    try {
      const type = response.headers["content-type"] ?? "";
      const isStream = status === 200 && /^text\/event-stream\b/i.test(type);
      if (!isStream && status < 500) {
        throw new Error(`it was answered ${status} ${type}, not with an event stream`);
      }
      const text = isStream && isInText(place) ? await firstEventIn(body) : "";
      return visitOf(status, response.headers, replicaIn(place, { ...response, text }));
    } finally {
      body.destroy();
    }
  };
}

/** The data of the first event; empty if the stream ends, or is too long, without one. */
async function firstEventIn(body: Readable): Promise<string> {
  let event: string | undefined;
  let length = 0;
  const parser = createParser({ onEvent: ({ data }) => (event ??= data) });
  for await (const chunk of body.setEncoding("utf8")) {
    parser.feed(chunk as string);
    length += (chunk as string).length;
    if (event !== undefined || length > MAX_TEXT) {
      break;
    }
  }
  return event ?? "";
}
