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
  if (!isInText(place) || args.length === 0) {
    return "";
  }
  const text = JSON.stringify(args.length === 1 ? args[0] : args);
  return replicaIn(place, { headers: {}, cookie: "", text: text.slice(0, MAX_TEXT) });
}
