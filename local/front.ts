import { randomInt } from "node:crypto";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Affinity } from "../settings.ts";
import type { ReplicaProcess } from "./replicaProcess.ts";
import { highestScore } from "./rendezvous.ts";

/** How long a connection waits for a replica before it is closed: longer than closing and a start. */
const HOLD_MS = 20_000;

/** How often a connection that nobody took is offered again. */
const RETRY_MS = 20;

/** Chooses a replica for every connection and hands the accepted socket over to it. */
export class Front {
  readonly #server: Server;
  readonly #affinity: Affinity;
  readonly #routable: () => readonly ReplicaProcess[];
  /** Connections that no replica has taken yet, with the time until which they may wait. */
  readonly #deadlines = new Map<Socket, number>();
  readonly #held = new Set<Socket>();
  #retry: NodeJS.Timeout | undefined;

  /** @param routable the replicas that take new connections, asked for every connection */
  constructor(affinity: Affinity, routable: () => readonly ReplicaProcess[]) {
    this.#affinity = affinity;
    this.#routable = routable;
    // Without noDelay an answer waits some 40 ms for the client's delayed acknowledgement.
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** @throws Error as the system gives it, with `code`, such as `EADDRINUSE` */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
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
    const replica = this.#choose(socket.remoteAddress ?? "");
    if (replica === undefined) {
      this.hold(socket);
    } else {
      replica.offer(socket);
    }
  }

  #choose(address: string): ReplicaProcess | undefined {
    const replicas = this.#routable();
    if (this.#affinity === "none") {
      return replicas.length === 0 ? undefined : replicas[randomInt(replicas.length)];
    }
    const name = highestScore(
      replicas.map((replica) => replica.name),
      address,
    );
    return replicas.find((replica) => replica.name === name);
  }
}
