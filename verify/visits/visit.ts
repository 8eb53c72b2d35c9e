import type { IncomingHttpHeaders } from "node:http";
import type { HttpClient } from "./client.ts";
import type { HttpRequest } from "./request.ts";

/** Minimum milliseconds before a visit is repeated. */
const MIN_RETRY_MS = 100;

/** Maximum milliseconds before a visit is repeated: a timer cannot wait for much longer than three weeks. */
const MAX_RETRY_MS = 3_600_000;

/** How a visit was answered. */
export interface Visit {
  status: number;
  /** The replica that answered; empty if it is not named. */
  replica: string;
  /** The target of a redirect. */
  location: string | undefined;
  /** Milliseconds after which to repeat the visit: a `503` with `Retry-After`. */
  retryAfterMs: number | undefined;
}

/**
 * Makes a visit: opens a connection of its own, learns who answers, and closes it.
 *
 * @throws Error when there is no response, or an incomplete one
 */
export type MakeVisit = (
  client: HttpClient,
  request: HttpRequest,
  signal?: AbortSignal,
) => Promise<Visit>;

/** Whether a response is a stream of server-sent events. */
export function isEventStream({ "content-type": type = "" }: IncomingHttpHeaders): boolean {
  return /^text\/event-stream\b/i.test(type);
}

/** The visit that got this response. */
export function visitOf(status: number, headers: IncomingHttpHeaders, replica: string): Visit {
  const retryAfter = headers["retry-after"];
  return {
    status,
    replica,
    location: headers.location,
    retryAfterMs: status === 503 && retryAfter !== undefined ? delayOf(retryAfter) : undefined,
  };
}

/** Milliseconds of a `Retry-After`, which is a number of seconds or a date. */
function delayOf(retryAfter: string): number {
  const ms = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : new Date(retryAfter).getTime() - Date.now();
  return Number.isNaN(ms) ? MIN_RETRY_MS : Math.min(Math.max(MIN_RETRY_MS, ms), MAX_RETRY_MS);
}
