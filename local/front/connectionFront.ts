import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Affinity } from "../../app/contract/catalogue.ts";
import { chooseReplica, HOLD_MS, RETRY_MS } from "./choice.ts";
import type { ReplicaProcess } from "../replicas/replicaProcess.ts";

export interface FrontOptions {
  affinity: Affinity;
  /** The replicas that take new connections, asked for every connection. */
  routable: () => readonly ReplicaProcess[];
  /** Connections at most that no replica has taken. */
  maxConnections: number;
}

/** Chooses a replica for every connection, by the address that it comes from, and hands the accepted socket over to it. */
export class Front {
  readonly #server: Server;
  readonly #options: FrontOptions;
  /** Connections that no replica has taken yet, with the time until which they may wait. */
  readonly #deadlines = new Map<Socket, number>();
  readonly #held = new Set<Socket>();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
    // Without noDelay an answer waits some 40 ms for the client's delayed acknowledgement.
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server.maxConnections = options.maxConnections;
  }

  /** @throws Error as the system gives it, with `code`, such as `EADDRINUSE` */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more connections; those that no replica has taken are closed, the others are the replicas'. */
  close(): void {
    this.#server.close();
    this.#deadlines.forEach((_deadline, socket) => socket.destroy());
  }

  /** Offers what is waiting to whoever is routable now. */
  dispatchHeld(): void {
    for (const socket of [...this.#held]) {
      this.#held.delete(socket);
      this.#dispatch(socket);
    }
  }

  /** Keeps a connection that no replica has accepted, to offer it again soon. */
  hold(socket: Socket): void {
    this.#held.add(socket);
    if (this.#retry === undefined) {
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.dispatchHeld();
      }, RETRY_MS);
    }
  }

  #accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#held.delete(socket);
      this.#deadlines.delete(socket);
    });
    this.#deadlines.set(socket, Date.now() + HOLD_MS);
    this.#dispatch(socket);
  }

  #dispatch(socket: Socket): void {
    if (Date.now() > (this.#deadlines.get(socket) ?? 0)) {
      socket.destroy();
      return;
    }
    const { affinity, routable } = this.#options;
    const key = affinity === "none" ? undefined : (socket.remoteAddress ?? "");
    const replica = chooseReplica(routable(), key);
    if (replica === undefined) {
      this.hold(socket);
    } else {
      replica.offer(socket);
    }
  }
}
