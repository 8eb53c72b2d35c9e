import type { VerifyOptions } from "../options.ts";
import { inTurn, shuffle } from "../choices.ts";
import type { TallyOptions } from "../tally.ts";
import { SockjsTalker } from "./sockjsSubject.ts";

/** As many SockJS clients as there are sessions. */
export function createSockjsTalkers(
  { scenario, seed, sessions, sources, transports, url }: VerifyOptions,
  common: Omit<TallyOptions, "session">,
): SockjsTalker[] {
  const fallBacks = transports.filter((transport) => !transport.startsWith("websocket"));
  // Shuffled, or a source would always have the same transport.
  const sourceOf = shuffle(
    Array.from({ length: sessions }, (_, index) => inTurn<string | undefined>(sources, index)),
    seed,
  );
  return sourceOf.map(
    (source, session) =>
      new SockjsTalker({
        ...common,
        session,
        url,
        source,
        // A client of which the WebSocket is refused tries one fall-back after the other.
        transportOf: (connection) =>
          scenario === "fallback"
            ? inTurn(fallBacks, session + connection)
            : inTurn(transports, session),
      }),
  );
}
