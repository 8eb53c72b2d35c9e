import { unnamed, unreached, type Obstacle } from "../obstacle.ts";
import type { VerifyOptions } from "../options.ts";
import { isInText } from "../replicaPlace.ts";
import { createVisitors, type Visitor } from "../visits/visitors.ts";
import { isOfUnknownSession, replicaInAnswer, replicaInEvent } from "./answers.ts";
import { SocketioSession } from "./session.ts";
import type { TransportName } from "./transports.ts";

/** Milliseconds until the first event must arrive. */
const EVENT_MS = 5000;

/** Requires a Socket.IO server, and the name of the replica if all transports are WebSockets, which show no break. */
export async function reachSocketio(options: VerifyOptions): Promise<Obstacle | undefined> {
  const [visitor] = createVisitors({ ...options, sessions: 1, sources: [] });
  const isSilent = options.transports.every((transport) => transport === "websocket");
  try {
    const isNamed = await open(options, visitor);
    return isNamed || !isSilent || options.replica.from === "none"
      ? undefined
      : unnamed(options, "");
  } catch (error) {
    return await unreached(options, error);
  }
}

/** Opens a session, which may go astray already, and closes it. Returns whether it names its replica. */
async function open(
  { namespace, replica: place, transports }: VerifyOptions,
  { clientOf, request }: Visitor,
): Promise<boolean> {
  let isNamed = false;
  let session: SocketioSession | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      session = new SocketioSession({
        request,
        namespace,
        client: clientOf(0),
        transport: transports[0] as TransportName,
        onAnswer: (answer) => {
          isNamed ||= replicaInAnswer(place, answer) !== "";
          if (isOfUnknownSession(answer)) {
            resolve();
          }
        },
        onReady: () => {
          timer = setTimeout(resolve, isInText(place) && !isNamed ? EVENT_MS : 0);
        },
        onEvent: (args) => {
          isNamed = replicaInEvent(place, args) !== "";
          resolve();
        },
        onClosed: reject,
      });
    });
  } finally {
    clearTimeout(timer);
    session?.close();
  }
  return isNamed;
}
