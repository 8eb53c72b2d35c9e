import type { VerifyOptions } from "../options.ts";
import { createKeys, roundRobin } from "../choices.ts";
import type { TallyOptions } from "../tally.ts";
import { calmFrom } from "../units.ts";
import { HttpClient } from "./client.ts";
import { requestAbout, requestFor } from "./request.ts";
import type { MakeVisit } from "./visit.ts";
import { VisitSubject } from "./visitSubject.ts";

/** Minimum number of clients that request the keys. */
const MIN_CLIENTS = 10;

/** Creates as many clients, or keys, as there are sessions. */
export function createVisitSubjects(
  makeVisit: MakeVisit,
  options: VerifyOptions,
  common: Omit<TallyOptions, "session">,
): VisitSubject[] {
  const { cookieJar, duration, key: place, replica, seed, sessions, sources, url } = options;
  const createClients = (count: number): HttpClient[] =>
    Array.from(
      { length: count },
      (_, index) =>
        new HttpClient({
          source: roundRobin<string | undefined>(sources, index),
          keepsCookies: cookieJar === undefined ? place === undefined : cookieJar === "on",
        }),
    );
  const shared = {
    ...common,
    makeVisit,
    mustName: replica.from !== "none",
    calmFrom: calmFrom(duration),
  };
  if (place === undefined) {
    return createClients(sessions).map(
      (client, session) =>
        new VisitSubject({
          ...shared,
          session,
          request: requestFor(url),
          clientOf: () => client,
          key: undefined,
        }),
    );
  }
  // Every client requests every key, or affinity by client could pass for affinity by key.
  const clients = createClients(Math.max(MIN_CLIENTS, sources.length));
  return createKeys(sessions, seed).map(
    (key, session) =>
      new VisitSubject({
        ...shared,
        session,
        request: requestAbout(url, place, key),
        clientOf: (request) => roundRobin(clients, session + request),
        key,
      }),
  );
}
