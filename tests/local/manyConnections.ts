import { connect, type Socket } from "node:net";
import { waitFor } from "../drivers/waitFor.ts";

/** Connections that are opened at a time, because the queue of a listener is short. */
const AT_ONCE = 200;

/** Opens connections that say nothing. */
export async function openMany(origin: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(origin);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const next = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () =>
      connect({ host: hostname, port: Number(port) }).on("error", () => undefined),
    );
    next.forEach((socket) => socket.resume());
    await waitFor("they are open", () => next.every(({ connecting }) => !connecting));
    sockets.push(...next);
  }
  return sockets;
}

/** How many of them are open. */
export const openOf = (sockets: readonly Socket[]): number =>
  sockets.filter(({ destroyed }) => !destroyed).length;
