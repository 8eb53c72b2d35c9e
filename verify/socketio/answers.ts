import { isInText, MAX_TEXT, replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import type { Answer } from "./transports.ts";

/** What servers respond to a request of a session that they do not know. */
const UNKNOWN = /session id unknown|"code":1\b|invalid session/i;

/** Whether a request has reached a server that does not know its session. */
export function isOfUnknownSession({ status, text }: Answer): boolean {
  return status >= 400 && UNKNOWN.test(text);
}

/** The replica that a response names in its headers; empty if names are in events. */
export function replicaInAnswer(
  place: ReplicaPlace,
  { cookie, headers }: Pick<Answer, "cookie" | "headers">,
): string {
  return isInText(place) ? "" : replicaIn(place, { headers, cookie, text: "" });
}

/** The replica that an event names in its arguments; empty if names are in headers. */
export function replicaInEvent(place: ReplicaPlace, args: readonly unknown[]): string {
  // The last argument may be a function that acknowledges the event.
  const sent = args.filter((arg) => typeof arg !== "function");
  if (!isInText(place) || sent.length === 0) {
    return "";
  }
  const text = textOf(sent.length === 1 ? sent[0] : sent).slice(0, MAX_TEXT);
  return replicaIn(place, { headers: {}, cookie: "", text });
}

/** A value as JSON; empty if it is nested too deeply. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
}
