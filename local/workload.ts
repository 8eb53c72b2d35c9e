import type { Affinity } from "../app/contract/catalogue.ts";
import type { Logger } from "../app/contract/log.ts";
import { ConnectionFront } from "./front/connectionFront.ts";
import type { Guard } from "./guard.ts";
import { HttpFront } from "./front/httpFront.ts";
import type { LocalWorkload } from "./localWorkload.ts";
import type { ReplicaProcess } from "./replicas/replicaProcess.ts";
import { ReplicaSet } from "./replicas/replicaSet.ts";

export interface WorkloadOptions extends Omit<LocalWorkload, "environment"> {
  drainSeconds: number;
  /** Maximum number of client connections at the front. */
  maxConnections: number;
  /** Returns the program's own environment variables; called at each start of a replica. */
  environment: () => NodeJS.ProcessEnv;
  log: Logger;
  guard: Guard;
}

/** Warnings about affinity that has no effect on an app of one's own. */
const UNSTICKY: Partial<Record<Affinity, string>> = {
  key: "none of the first requests had a key, so they were spread over all replicas; compare this path with those of keys",
  cookie:
    "none of the first requests had the cookie, so they were spread over all replicas; clients must send it back, and the app must set it if it has a name",
};

/** One workload in the local run: its replicas, and the front that routes to them. */
export class Workload {
  readonly name: string;
  readonly #replicas: ReplicaSet;
  readonly #options: WorkloadOptions;
  readonly #front: ConnectionFront | HttpFront;
  #authority = "";

  constructor(options: WorkloadOptions) {
    const { affinity, idleTimeoutSeconds, maxConnections, name, routing } = options;
    const routable = (): readonly ReplicaProcess[] => this.#replicas.routable();
    this.name = name;
    this.#options = options;
    if (routing === undefined) {
      const front = new ConnectionFront({ affinity, routable, maxConnections, idleTimeoutSeconds });
      const onChange = (): void => front.dispatchHeld();
      this.#replicas = new ReplicaSet({
        ...options,
        onChange,
        onReturned: (socket) => front.hold(socket),
      });
      this.#front = front;
    } else {
      this.#replicas = new ReplicaSet(options);
      const onUnsticky = (requests: number, path: string): void =>
        "command" in options.program
          ? options.log.warn({ requests, path }, UNSTICKY[affinity])
          : undefined;
      this.#front = new HttpFront({ affinity, routing, routable, maxConnections, onUnsticky });
    }
  }

  /** @throws Error of the system, with `code`, such as `EADDRINUSE` */
  async listen(port: number, host: string): Promise<void> {
    const chosen = await this.#front.listen(port, host);
    this.#authority = `${host.includes(":") ? `[${host}]` : host}:${chosen}`;
  }

  /**
   * Starts all replicas.
   *
   * @param onProgress called with a line for people at first, and with each replica that is ready
   * @throws Error when a replica exits before it was ever ready
   */
  async start(onProgress: (line: string) => void): Promise<void> {
    const { name, replicas } = this.#options;
    await this.#replicas.start((ready) =>
      onProgress(`${name}: ${ready} of ${replicas} replicas are ready`),
    );
  }

  /** Replaces the replicas one after the other. */
  async roll(): Promise<void> {
    await this.#replicas.roll();
  }

  /** Replaces all replicas at once, after their environment has changed. */
  restart(): void {
    this.#replicas.restart();
  }

  /** Drains all replicas. */
  async stop(): Promise<void> {
    await this.#replicas.stop();
    await this.#front.close();
  }

  /** Kills all replicas. */
  kill(): void {
    this.#replicas.kill();
  }

  /** Its address and settings in one line, for people and scripts. */
  toString(): string {
    const { affinity, name, replicas } = this.#options;
    return `${name} http://${this.#authority} ${affinity} ${replicas} replicas`;
  }
}
