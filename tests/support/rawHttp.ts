import { connect, type Socket } from "node:net";

/** A connection of which every byte is the test's own. */
export interface RawConnection {
  socket: Socket;
  /** What came so far. */
  received: string;
  /** Resolves when it is closed by either side. */
  closed: Promise<void>;
}

const open = new Set<Socket>();

/** Connects to a server, and says something. */
export function connectRaw(origin: string, said: string | Buffer = ""): RawConnection {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  open.add(socket);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const raw: RawConnection = { socket, received: "", closed };
  socket.on("error", () => undefined);
  socket.on("data", (data) => (raw.received += data.toString("latin1")));
  socket.on("close", () => open.delete(socket));
  socket.write(said);
  return raw;
}

/** Ends what a test has opened. */
export function endRawConnections(): void {
  open.forEach((socket) => socket.destroy());
}

/** The status line's number of what came first. */
export function statusOf({ received }: RawConnection): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1]);
}
