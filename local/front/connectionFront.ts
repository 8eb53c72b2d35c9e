import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Affinity } from "../../app/contract/catalogue.ts";
import { chooseReplica, HOLD_MS, RETRY_MS } from "./choice.ts";
import type { ReplicaProcess } from "../replicas/replicaProcess.ts";

export interface ConnectionFrontOptions {
  affinity: Affinity;
  /** Returns the replicas that take new connections; called for each connection. */
  routable: () => readonly ReplicaProcess[];
  /** Maximum number of connections that wait for a replica. */
  maxConnections: number;
  /** Seconds without data after which a connection is closed. */
  idleTimeoutSeconds: number;
}

/** Chooses a replica for each connection by its source address, and hands the accepted socket over to it. */
export class ConnectionFront {
  readonly #server: Server;
  readonly #options: ConnectionFrontOptions;
  /** Connections that no replica has accepted yet, with the time until which they may wait. */
  readonly #deadlines = new Map<Socket, number>();
  readonly #held = new Set<Socket>();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ConnectionFrontOptions) {
    this.#options = options;
    // Without noDelay a response waits some 40 ms for the client's delayed acknowledgement.
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server.maxConnections = options.maxConnections;
  }

  /** @throws Error of the system, with `code`, such as `EADDRINUSE` */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepts no more connections, and closes those that no replica has accepted; the others belong to the replicas. */
  close(): void {
    this.#server.close();
    this.#deadlines.forEach((_deadline, socket) => socket.destroy());
  }

  /** Offers all waiting connections to the replicas that are routable now. */
  dispatchHeld(): void {
    for (const socket of [...this.#held]) {
      this.#held.delete(socket);
      this.#dispatch(socket);
    }
  }

  /** Holds a connection that no replica has accepted, and offers it again soon. */
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
    const { affinity, idleTimeoutSeconds, routable } = this.#options;
    const key = affinity === "none" ? undefined : (socket.remoteAddress ?? "");
    const replica = chooseReplica(routable(), key);
    if (replica === undefined) {
      this.hold(socket);
    } else {
      replica.offer(socket, idleTimeoutSeconds * 1000);
    }
  }
}
