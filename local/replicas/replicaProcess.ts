import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { gracePeriodSeconds } from "../../app/contract/lifecycle.ts";
import type { Logger } from "../../app/contract/log.ts";
import type { Guard } from "../guard.ts";
import { relayOutput } from "../stderr.ts";
import { monotonicMs, type Offer, type Reply } from "./handOver.ts";
import { Probe } from "./probe.ts";
import { startProgram, type ProgramOptions } from "./program.ts";

/** Failed probes in a row after which a replica gets no new work, and after which it is killed. */
const UNHEALTHY_AFTER = 2;
const DEAD_AFTER = 32;

/** Time until a replica must listen, in milliseconds; it may then wait for its database for any time. */
const START_MS = { app: 30_000, command: 120_000 };

/** Time for reading the output of a replica that has exited, in milliseconds. */
const OUTPUT_MS = 1000;

/** Time after which the log says why a command is not ready, in milliseconds. */
const HINT_MS = 8000;

/** Maximum number of sockets offered to a replica at once: Node.js sends them one by one, and offers expire. */
const MAX_OFFERS = 64;

/** Time until a replica must accept an offered socket, in milliseconds; then another replica gets it. */
const OFFER_MS = 1000;

/** How often expired offers are looked for, in milliseconds. */
const EXPIRY_INTERVAL_MS = 250;

/** Time for which a draining replica still gets new connections, in milliseconds, as behind a Network Load Balancer. */
const PROPAGATION_MS = 500;

/** A `routable` replica takes new connections; a `leaving` one only if no other can. */
export type Availability = "routable" | "leaving" | "unavailable";

export interface ReplicaProcessOptions extends ProgramOptions {
  /** Path that answers 200 while the replica accepts new work. */
  readinessPath: string;
  log: Logger;
  guard: Guard;
  /** Called when the availability has changed. */
  onChange: () => void;
  /** Called with a socket that the replica has not accepted and will not accept. */
  onReturned: (socket: Socket) => void;
  /** Called when the process has exited, with how it ended if it was never ready and not stopped. */
  onExit: (failure: string | undefined) => void;
}

/** One process of a replica: its availability, and the sockets that it was offered and has not accepted. */
export class ReplicaProcess {
  readonly name: string;
  /** Different for each process of the replica, unlike the name. */
  readonly id = randomUUID();
  readonly exited: Promise<void>;
  availability: Availability = "unavailable";
  readonly #options: ReplicaProcessOptions;
  readonly #child: ChildProcess;
  readonly #offers = new Map<number, { socket: Socket; until: number }>();
  /** Sockets that wait until fewer than `MAX_OFFERS` are offered. */
  readonly #queue: (readonly [Socket, idleMs: number])[] = [];
  #lastOffer = 0;
  #port = 0;
  #metricsPort = 0;
  #wasReady = false;
  #wasStopped = false;
  #probe: Probe | undefined;
  #expiry: NodeJS.Timeout | undefined;
  readonly #start: NodeJS.Timeout;
  readonly #hint: NodeJS.Timeout;
  /** The last response to a probe. */
  #status: number | undefined;
  #propagation: NodeJS.Timeout | undefined;

  constructor(options: ReplicaProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.#child = startProgram(options);
    relayOutput(this.#child);
    options.guard.watchChild(this.#child);
    const startMs = "app" in options.program ? START_MS.app : START_MS.command;
    this.#start = setTimeout(() => this.#killHanging("does not listen on its PORT"), startMs);
    this.#hint = setTimeout(() => this.#explain(), HINT_MS);
    this.#child.on("message", (reply: Reply) => this.#replied(reply));
    this.#child.on("error", (error) => options.log.error({ replica: this.name, err: error }));
    this.exited = new Promise((resolve) => {
      // A process that the replica has started may keep its output open.
      this.#child.once("exit", () => {
        setTimeout(() => {
          this.#child.stdout?.destroy();
          this.#child.stderr?.destroy();
        }, OUTPUT_MS);
      });
      this.#child.once("close", (code, signal) => {
        options.log.info({ replica: this.name, code, signal }, "replica exited");
        this.#exited(`exited with ${signal ?? `status ${code}`}`);
        resolve();
      });
    });
  }

  /** The port on loopback; 0 until the replica listens. */
  get port(): number {
    return this.#port;
  }

  /**
   * Hands an accepted socket over; `onReturned` gets it back unless the replica accepts it.
   *
   * @param idleMs milliseconds without data after which the replica closes it
   */
  offer(socket: Socket, idleMs: number): void {
    if (this.#offers.size >= MAX_OFFERS) {
      this.#queue.push([socket, idleMs]);
      return;
    }
    this.#lastOffer += 1;
    const until = monotonicMs() + OFFER_MS;
    const offer: Offer = { type: "offer", id: this.#lastOffer, until, idleMs };
    this.#offers.set(offer.id, { socket, until: offer.until });
    // Keeps our socket open until the replica has accepted it: a replica may die with unread messages.
    this.#child.send(offer, socket, { keepOpen: true }, (error) => {
      if (error !== null) {
        this.#return(offer.id);
      }
    });
  }

  /** Drains the replica; kills it after its grace period. */
  stop(): void {
    this.#wasStopped = true;
    this.#child.kill("SIGTERM");
    // A load balancer deregisters it in any case, also if it stays ready for the drain.
    this.#propagation ??= setTimeout(() => this.#leave(), PROPAGATION_MS);
    const grace = gracePeriodSeconds(this.#options.drainSeconds) * 1000;
    const timer = setTimeout(() => this.kill(), grace).unref();
    void this.exited.then(() => clearTimeout(timer));
  }

  /** Kills it with everything that it has started. */
  kill(): void {
    const { pid } = this.#child;
    try {
      // The process leads its group.
      process.kill(pid === undefined ? NaN : -pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  #replied(reply: Reply): void {
    switch (reply.type) {
      case "listening":
        this.#port = reply.port;
        this.#metricsPort = reply.metricsPort;
        clearTimeout(this.#start);
        this.#probe = new Probe(reply.port, this.#options.readinessPath, {
          onResponse: (status) => this.#responded(status),
          onFailure: (failures) => this.#failed(failures),
        });
        // Expires after replies are read that arrived while this process was suspended.
        this.#expiry = setInterval(
          () => setImmediate(() => this.#returnExpired()),
          EXPIRY_INTERVAL_MS,
        );
        break;
      case "accepted":
        this.#offers.get(reply.id)?.socket.destroy();
        this.#offers.delete(reply.id);
        this.#offerNext();
        break;
      case "declined":
        this.#return(reply.id);
        break;
    }
  }

  #return(id: number): void {
    const offer = this.#offers.get(id);
    if (offer !== undefined) {
      this.#offers.delete(id);
      this.#options.onReturned(offer.socket);
      this.#offerNext();
    }
  }

  #offerNext(): void {
    const next = this.#queue.shift();
    if (next !== undefined) {
      this.offer(...next);
    }
  }

  /** Logs why a command is not ready, because nothing else would say so for long. */
  #explain(): void {
    const { log, program, readinessPath } = this.#options;
    if ("app" in program || this.#wasReady) {
      return;
    }
    const reason =
      this.#port === 0
        ? "nothing listens on 127.0.0.1 on the port in PORT"
        : `GET ${readinessPath} responds ${this.#status ?? "nothing"}; it must respond 200; set readinessPath, or --readiness`;
    log.warn({ replica: this.name }, `replica is not ready: ${reason}`);
  }

  #responded(status: number | undefined): void {
    this.#status = status;
    if (status !== 200) {
      if (this.#wasReady) {
        this.#propagation ??= setTimeout(() => this.#leave(), PROPAGATION_MS);
      }
      return;
    }
    this.#wasReady = true;
    if (this.#propagation === undefined) {
      this.#setAvailability("routable");
    }
  }

  #leave(): void {
    if (this.availability === "routable") {
      this.#setAvailability("leaving");
    }
  }

  #failed(failures: number): void {
    if (failures === DEAD_AFTER) {
      this.#killHanging("does not respond");
    }
    if (failures >= UNHEALTHY_AFTER) {
      this.#setAvailability("unavailable");
      this.#returnQueue();
    }
  }

  #killHanging(how: string): void {
    this.#options.log.error({ replica: this.name }, `replica ${how}: killed`);
    this.kill();
  }

  #returnQueue(): void {
    this.#queue.splice(0).forEach(([socket]) => this.#options.onReturned(socket));
  }

  /** A replica that hung may still read an expired offer later, and then declines it. */
  #returnExpired(): void {
    for (const [id, { until }] of this.#offers) {
      if (monotonicMs() > until + EXPIRY_INTERVAL_MS) {
        this.#return(id);
      }
    }
  }

  #exited(how: string): void {
    this.#probe?.stop();
    clearInterval(this.#expiry);
    clearTimeout(this.#start);
    clearTimeout(this.#hint);
    clearTimeout(this.#propagation);
    this.#setAvailability("unavailable");
    this.#returnQueue();
    for (const id of [...this.#offers.keys()]) {
      this.#return(id);
    }
    this.#options.onExit(this.#wasReady || this.#wasStopped ? undefined : how);
  }

  #setAvailability(availability: Availability): void {
    if (this.availability !== availability) {
      const ports = { port: this.#port, metricsPort: this.#metricsPort };
      this.#options.log.info({ replica: this.name, ...ports, availability }, "replica");
      this.availability = availability;
      this.#options.onChange();
    }
  }
}
