import { roundRobin, shuffle } from "../choices.ts";
import type { VerifyOptions } from "../options.ts";
import type { TallyOptions } from "../tally.ts";
import { unitOf } from "../units.ts";
import { createVisitors } from "../visits/visitors.ts";
import { SocketioSubject } from "./socketioSubject.ts";
import type { TransportName } from "./transports.ts";

/** Creates the sessions of as many Socket.IO clients, or about as many keys, as there are sessions. */
export function createSocketioSubjects(
  options: VerifyOptions,
  common: Omit<TallyOptions, "session">,
): SocketioSubject[] {
  const { namespace, replica: place, scenario, seed, sessions } = options;
  const unit = unitOf(options);
  // Shuffled, or a source would always use the same transport.
  const transports = shuffle(
    Array.from({ length: sessions }, (_, index) =>
      roundRobin(options.transports as readonly TransportName[], index),
    ),
    seed,
  );
  return createVisitors(options).map(
    (visitor) =>
      new SocketioSubject({
        ...common,
        ...visitor,
        unit,
        namespace,
        place,
        transport: roundRobin(transports, visitor.session),
        mustReturn: unit !== "session" || scenario === "reconnect",
      }),
  );
}
