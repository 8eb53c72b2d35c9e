import { isInText, MAX_TEXT, replicaIn, type ReplicaPlace } from "../replicaPlace.ts";
import type { Answer } from "./transports.ts";

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
