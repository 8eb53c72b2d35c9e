import type { VerifyOptions } from "../options.ts";
import { roundRobin, shuffle } from "../choices.ts";
import type { TallyOptions } from "../tally.ts";
import { SockjsSubject } from "./sockjsSubject.ts";
import type { TransportName } from "./transport.ts";

/** Creates as many SockJS clients as there are sessions. */
export function createSockjsSubjects(
  {
    proxyProtocol,
    replica: place,
    scenario,
    seed,
    sessions,
    sources,
    url,
    ...options
  }: VerifyOptions,
  common: Omit<TallyOptions, "session">,
): SockjsSubject[] {
  const transports = options.transports as readonly TransportName[];
  const fallBacks = transports.filter((transport) => !transport.startsWith("websocket"));
  // Shuffled, or a source would always use the same transport.
  const sourceOf = shuffle(
    Array.from({ length: sessions }, (_, index) => roundRobin<string | undefined>(sources, index)),
    seed,
  );
  return sourceOf.map(
    (source, session) =>
      new SockjsSubject({
        ...common,
        session,
        url,
        place,
        source,
        proxyProtocol,
        // A client whose WebSocket is refused tries one fall-back after the other.
        transportOf: (connection) =>
          scenario === "fallback"
            ? roundRobin(fallBacks, session + connection)
            : roundRobin(transports, session),
      }),
  );
}
