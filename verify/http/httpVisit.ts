import { replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import { beginningOf } from "../visits/body.ts";
import { ANSWER_MS, inTime } from "../visits/limit.ts";
import { isEventStream, visitOf, type MakeVisit } from "../visits/visit.ts";

/**
 * Visits an HTTP resource: sends one request and reads the whole response, whatever its status.
 *
 * @param answerMs milliseconds for a visit
 */
export function visitHttp(place: ReplicaPlace, answerMs = ANSWER_MS): MakeVisit {
  return (client, request, signal) =>
    inTime(answerMs, signal, async (limit) => {
      const { body, status, ...response } = await client.open(request, limit.signal);
      if (isEventStream(response.headers)) {
        limit.late.fix = "pass --kind sse to verify a stream of events";
      }
      const text = await beginningOf(body, limit);
      return visitOf(status, response.headers, replicaIn(place, { ...response, text }));
    });
}
