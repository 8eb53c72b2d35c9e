import type { Readable } from "node:stream";
import { createParser } from "eventsource-parser";
import { wrongStatus } from "../failure.ts";
import { isInText, MAX_TEXT, replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import { ANSWER_MS, inTime } from "../visits/limit.ts";
import { isEventStream, visitOf, type MakeVisit } from "../visits/visit.ts";

/**
 * Visits a stream of server-sent events: opens it and closes it after the response headers, or after the event that names
 * the replica.
 *
 * @param answerMs milliseconds for a visit
 */
export function visitSse(place: ReplicaPlace, answerMs = ANSWER_MS): MakeVisit {
  return (client, request, signal) =>
    inTime(answerMs, signal, async (limit) => {
      const cookie = client.cookieFor(request.url);
      const { stream, tcp } = await client.connector.open(request.url);
      const reset = (): unknown => tcp.resetAndDestroy();
      limit.signal.addEventListener("abort", reset);
      try {
        limit.signal.throwIfAborted();
        const response = await client.connector.request(request.url, {
          headers: { ...client.headersFor(request), accept: "text/event-stream" },
          stream,
        });
        const { headers, statusCode = 0 } = response;
        client.keep(headers, request.url);
        const isStream = statusCode === 200 && isEventStream(headers);
        if (!isStream && statusCode < 500) {
          const type = headers["content-type"] ?? "without a content type";
          throw wrongStatus(
            { status: statusCode, location: headers.location },
            (status) => `it was answered ${status} ${type}, not with an event stream`,
          );
        }
        limit.late.words = "no event came";
        const text = isStream && isInText(place) ? await firstEventIn(response) : "";
        return visitOf(statusCode, headers, replicaIn(place, { headers, cookie, text }));
      } finally {
        // Some load balancers keep a stream that its client has only closed, until they have no connections left.
        reset();
      }
    });
}

/** The data of the first event; empty if the stream ends, or is too long, without one. */
async function firstEventIn(body: Readable): Promise<string> {
  let event: string | undefined;
  let length = 0;
  const parser = createParser({ onEvent: ({ data }) => (event ??= data) });
  // Not destroyed, which would close the connection instead of resetting it.
  for await (const chunk of body.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    parser.feed(chunk as string);
    length += (chunk as string).length;
    if (event !== undefined || length > MAX_TEXT) {
      break;
    }
  }
  return event ?? "";
}
