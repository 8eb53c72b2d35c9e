import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { get } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { gracePeriodSeconds } from "../../app/contract/lifecycle.ts";
import { READINESS_PATH } from "../../app/contract/endpoints.ts";
import type { Logger } from "../../app/contract/log.ts";
import { appEnvironment } from "../environment.ts";
import type { Guard } from "../guard.ts";
import { relayOutput, REPLICA_OUTPUT } from "../stderr.ts";
import { monotonicMs, type Offer, type Reply } from "./handOver.ts";

const REPLICA_SCRIPT = fileURLToPath(new URL("replica.ts", import.meta.url));

const CHECK_INTERVAL_MS = 250;
const CHECK_TIMEOUT_MS = 1000;
const FAILED_CHECKS = 2;

/** Checks in a row without an answer after which a replica is killed, as by a liveness probe. */
const DEAD_AFTER_CHECKS = 32;

/** How long a replica may take to listen; how long it then prepares, waiting for its database, is its affair. */
const START_MS = 30_000;

/** Sockets that a replica may be offered at once: Node.js sends one after the other, and time runs. */
const MAX_OFFERS = 64;

/** How long a replica may take to accept an offered socket before it goes to another one. */
const OFFER_MS = 1000;

/** How long new connections still come after a replica said that it drains, as behind an NLB. */
const PROPAGATION_MS = 500;

/** `routable` takes new connections; `leaving` does so only where nobody else can. */
export type Availability = "routable" | "leaving" | "unavailable";

export interface ReplicaProcessOptions {
  name: string;
  environment: NodeJS.ProcessEnv;
  drainSeconds: number;
  log: Logger;
  guard: Guard;
  /** The replica may have become able, or unable, to take connections. */
  onChange: () => void;
  /** A socket that the replica has not taken and will not take. */
  onReturned: (socket: Socket) => void;
  /** Whether it ended before it was ever ready, without being told to. */
  onExit: (hasFailed: boolean) => void;
}

/** One process of a replica: its health, and the sockets that it was offered and has not accepted. */
export class ReplicaProcess {
  readonly name: string;
  /** Of this process, whose name another one has before and after. */
  readonly id = randomUUID();
  readonly exited: Promise<void>;
  availability: Availability = "unavailable";
  readonly #options: ReplicaProcessOptions;
  readonly #child: ChildProcess;
  readonly #offers = new Map<number, { socket: Socket; until: number }>();
  /** What is offered as soon as an offer is answered. */
  readonly #queue: Socket[] = [];
  #lastOffer = 0;
  #port = 0;
  #metricsPort = 0;
  #wasReady = false;
  #wasStopped = false;
  #failedChecks = 0;
  #checks: NodeJS.Timeout | undefined;
  readonly #start: NodeJS.Timeout;
  #propagation: NodeJS.Timeout | undefined;

  constructor(options: ReplicaProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.#child = fork(REPLICA_SCRIPT, {
      env: {
        ...appEnvironment(),
        ...options.environment,
        REPLICA_NAME: options.name,
        DRAIN_SECONDS: String(options.drainSeconds),
      },
      // In a process group of its own: a Ctrl-C in the terminal is for the front, which decides what becomes of it.
      detached: true,
      stdio: ["ignore", REPLICA_OUTPUT, REPLICA_OUTPUT, "ipc"],
    });
    relayOutput(this.#child);
    options.guard.watchChild(this.#child);
    this.#start = setTimeout(() => this.#hangs("does not start"), START_MS);
    this.#child.on("message", (reply: Reply) => this.#replied(reply));
    this.#child.on("error", (error) => options.log.error({ replica: this.name, err: error }));
    this.exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        options.log.info({ replica: this.name, code, signal }, "replica ended");
        this.#ended();
        resolve();
      });
    });
  }

  /** Where it listens on loopback, once it does. */
  get port(): number {
    return this.#port;
  }

  /** Hands an accepted socket over; it comes back by `onReturned` unless the replica accepts it. */
  offer(socket: Socket): void {
    if (this.#offers.size >= MAX_OFFERS) {
      this.#queue.push(socket);
      return;
    }
    this.#lastOffer += 1;
    const offer: Offer = { type: "offer", id: this.#lastOffer, until: monotonicMs() + OFFER_MS };
    this.#offers.set(offer.id, { socket, until: offer.until });
    // Ours stays open until the replica has accepted: a replica may die with what was sent to it.
    this.#child.send(offer, socket, { keepOpen: true }, (error) => {
      if (error !== null) {
        this.#return(offer.id);
      }
    });
  }

  /** Tells the replica to drain; kills it when its grace period has passed. */
  stop(): void {
    this.#wasStopped = true;
    this.#child.kill("SIGTERM");
    const grace = gracePeriodSeconds(this.#options.drainSeconds) * 1000;
    const timer = setTimeout(() => this.kill(), grace).unref();
    void this.exited.then(() => clearTimeout(timer));
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #replied(reply: Reply): void {
    switch (reply.type) {
      case "listening":
        this.#port = reply.port;
        this.#metricsPort = reply.metricsPort;
        clearTimeout(this.#start);
        this.#checks = setInterval(() => this.#check(), CHECK_INTERVAL_MS);
        this.#check();
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
    const socket = this.#queue.shift();
    if (socket !== undefined) {
      this.offer(socket);
    }
  }

  /** Asks as a load balancer would; the connection is new each time and so keeps nothing alive. */
  #check(): void {
    // Not before the replies are read that came while the front itself was not running.
    setImmediate(() => this.#returnExpired());
    const url = { host: "127.0.0.1", port: this.#port, path: READINESS_PATH, agent: false };
    get({ ...url, signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) }, (response) => {
      response.resume();
      this.#failedChecks = 0;
      if (response.statusCode === 200) {
        this.#becameReady();
      } else if (this.#wasReady) {
        this.#isLeaving();
      }
    }).on("error", () => {
      this.#failedChecks += 1;
      if (this.#failedChecks === DEAD_AFTER_CHECKS) {
        this.#hangs("does not answer");
      }
      if (this.#failedChecks >= FAILED_CHECKS) {
        this.#setAvailability("unavailable");
        this.#returnQueue();
      }
    });
  }

  #hangs(how: string): void {
    this.#options.log.error({ replica: this.name }, `replica ${how}: killed`);
    this.kill();
  }

  #returnQueue(): void {
    this.#queue.splice(0).forEach((socket) => this.#options.onReturned(socket));
  }

  #becameReady(): void {
    this.#wasReady = true;
    if (this.#propagation === undefined) {
      this.#setAvailability("routable");
    }
  }

  #isLeaving(): void {
    this.#propagation ??= setTimeout(() => this.#setAvailability("leaving"), PROPAGATION_MS);
  }

  /** A replica that hangs may still find an expired offer when it wakes, and then declines it. */
  #returnExpired(): void {
    for (const [id, { until }] of this.#offers) {
      if (monotonicMs() > until + CHECK_INTERVAL_MS) {
        this.#return(id);
      }
    }
  }

  #ended(): void {
    clearInterval(this.#checks);
    clearTimeout(this.#start);
    clearTimeout(this.#propagation);
    this.#setAvailability("unavailable");
    this.#returnQueue();
    for (const id of [...this.#offers.keys()]) {
      this.#return(id);
    }
    this.#options.onExit(!this.#wasReady && !this.#wasStopped);
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
