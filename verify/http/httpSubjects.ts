import { calmFrom, type VerifyOptions } from "../options.ts";
import { createKeys, roundRobin } from "../choices.ts";
import type { TallyOptions } from "../tally.ts";
import { HttpClient } from "./client.ts";
import { requestAbout, requestFor } from "./request.ts";
import { HttpSubject } from "./httpSubject.ts";

/** Clients that ask about the keys, at least. */
const MIN_CLIENTS = 10;

/** As many browsers as there are sessions, or as many keys. */
export function createHttpSubjects(
  options: VerifyOptions,
  common: Omit<TallyOptions, "session">,
): HttpSubject[] {
  const { cookieJar, duration, key: place, seed, sessions, sources, url } = options;
  const createClients = (count: number): HttpClient[] =>
    Array.from(
      { length: count },
      (_, index) =>
        new HttpClient({
          source: roundRobin<string | undefined>(sources, index),
          keepsCookies: cookieJar === "on",
        }),
    );
  const shared = { ...common, calmFrom: calmFrom(duration) };
  if (place === undefined) {
    return createClients(sessions).map(
      (client, session) =>
        new HttpSubject({
          ...shared,
          session,
          request: requestFor(url),
          clientOf: () => client,
          key: undefined,
        }),
    );
  }
  // Each client asks about all keys, so that what is kept for a client cannot be taken for what is kept for a key.
  const clients = createClients(Math.max(MIN_CLIENTS, sources.length));
  return createKeys(sessions, seed).map(
    (key, session) =>
      new HttpSubject({
        ...shared,
        session,
        request: requestAbout(url, place, key),
        clientOf: (request) => roundRobin(clients, session + request),
        key,
      }),
  );
}
