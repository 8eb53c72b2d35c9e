import { Agent } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Time until an upstream must accept a connection, in milliseconds; then another one is tried. */
const CONNECT_MS = 1000;

/** A replica that the front sends requests to. */
export interface Upstream {
  name: string;
  /** Random, and different for each process of the replica. */
  id: string;
  /** On loopback. */
  port: number;
}

/** An agent with one connection, which is open already. */
export class SingleConnectionAgent extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  override createConnection(): Duplex {
    return this.#socket;
  }
}

export function targetOf({ port }: Upstream): string {
  return `http://127.0.0.1:${port}`;
}

/** Connects to a port on loopback; undefined if the connection is not accepted. */
export function openConnection(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const timer = setTimeout(() => socket.destroy(), CONNECT_MS);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
