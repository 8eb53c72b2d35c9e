import { createKeys, roundRobin } from "../choices.ts";
import type { VerifyOptions } from "../options.ts";
import { HttpClient } from "./client.ts";
import { requestAbout, requestFor, type HttpRequest } from "./request.ts";

/** Minimum number of clients that request the keys. */
const MIN_CLIENTS = 10;

/** What a session of a run requests, and by whom. */
export interface Visitor {
  /** Number of the session, from 0. */
  session: number;
  request: HttpRequest;
  /** The client of the n-th visit, from 0. */
  clientOf: (visit: number) => HttpClient;
  /** The key that the visits are about; undefined for the visits of one client. */
  key: string | undefined;
}

/** Creates as many clients, or keys, as there are sessions, at least one. */
export function createVisitors(options: VerifyOptions): [Visitor, ...Visitor[]] {
  return visitorsFor(options) as [Visitor, ...Visitor[]];
}

function visitorsFor(options: VerifyOptions): Visitor[] {
  const { cookieJar, key: place, proxyProtocol, seed, sessions, sources, url } = options;
  const keepsCookies = cookieJar === undefined ? place === undefined : cookieJar === "on";
  const createClients = (count: number): HttpClient[] =>
    Array.from({ length: count }, (_, index) => {
      const source = roundRobin<string | undefined>(sources, index);
      return new HttpClient({ source, proxyProtocol, keepsCookies });
    });
  if (place === undefined) {
    return createClients(sessions).map((client, session) => ({
      session,
      request: requestFor(url),
      clientOf: () => client,
      key: undefined,
    }));
  }
  // Every client requests every key, or affinity by client could pass for affinity by key.
  const clients = createClients(Math.max(MIN_CLIENTS, sources.length));
  return createKeys(sessions, seed).map((key, session) => ({
    session,
    request: requestAbout(url, place, key),
    clientOf: (visit) => roundRobin(clients, session + visit),
    key,
  }));
}
