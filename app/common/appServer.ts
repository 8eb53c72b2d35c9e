import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { collectDefaultMetrics, Counter, Registry } from "prom-client";
import { WEBSOCKET_IDLE_SECONDS } from "./httpRouting.ts";
import { Lifecycle, type Closable, type Phase } from "./lifecycle.ts";
import type { Logger } from "./log.ts";
import { sendProblem } from "./problem.ts";

/**
 * How long an idle connection is kept, in milliseconds: longer than a load balancer does, which else sends a request
 * on a connection that is being closed and answers 502
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
 */
const KEEP_ALIVE_MS = (WEBSOCKET_IDLE_SECONDS + 15) * 1000;

/** What every server of the app has. */
export interface AppServerOptions {
  /** The replica's name, in the header `X-Replica` of every response. */
  replica: string;
  /** Seconds for which new work is still taken after `drain()`. */
  drainSeconds: number;
  log: Logger;
}

/** Answers a request or an upgrade that is not for the routes; false leaves it to them. */
export type Interceptor = (
  request: IncomingMessage,
  response: ServerResponse | Duplex,
  head?: Buffer,
) => boolean;

/** An HTTP server with health, metrics and a drain; a workload adds its routes and its sessions. */
export class AppServer {
  readonly fastify: FastifyInstance;
  readonly registry = new Registry();
  readonly lifecycle = new Lifecycle((phase) => this.#entered(phase));
  readonly #options: AppServerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #drains = new Counter({
    name: "app_drains_total",
    help: "Drains that were begun",
    registers: [this.registry],
  });

  /** The sessions that a drain closes. */
  sessions: Closable["sessions"] = () => [];

  /** What comes before the routes. */
  intercept: Interceptor = () => false;

  /** What has to be done, once it listens, before it is ready. */
  prepare: () => Promise<void> = () => Promise.resolve();

  constructor(options: AppServerOptions) {
    const log: FastifyBaseLogger = options.log;
    this.#options = options;
    this.fastify = fastify({
      loggerInstance: log,
      logController: new LogController({ disableRequestLogging: true }),
      serverFactory: (routes) => this.#createHttpServer(routes),
      frameworkErrors: sendProblem,
    });
    collectDefaultMetrics({ register: this.registry });
    this.#addHealth();
  }

  /** The HTTP server, which also takes connections that were accepted elsewhere. */
  get http(): Server {
    return this.fastify.server;
  }

  /** Starts to listen, and becomes ready as soon as it is prepared. */
  async listen(port: number, host: string): Promise<AddressInfo> {
    await this.fastify.listen({ port, host });
    void this.prepare().then(() => this.lifecycle.ready());
    return this.http.address() as AddressInfo;
  }

  /** Drains, then closes everything; resolves when nothing is left. */
  async drain(): Promise<void> {
    const closable: Closable = {
      sessions: () => this.sessions(),
      connections: () => this.#sockets.size,
      closeIdle: () => {
        this.http.closeIdleConnections();
        // Those that never asked for anything are not idle to the HTTP server.
        this.#sockets.forEach((socket) => socket.bytesRead === 0 && socket.destroy());
      },
      closeAll: () => this.#sockets.forEach((socket) => socket.destroy()),
    };
    await this.lifecycle.drain(this.#options.drainSeconds, closable);
    await this.fastify.close();
  }

  /** Answers a request for an upgrade with a status other than the upgrade. */
  refuseUpgrade(socket: Duplex, status: number): void {
    const replica = `X-Replica: ${this.#options.replica}`;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
    socket.end(`${head}\r\n${replica}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  #createHttpServer(routes: (request: IncomingMessage, response: ServerResponse) => void): Server {
    // What else may be offered, such as h2c, is declined by answering as usual (RFC 9110, 7.8).
    const shouldUpgradeCallback = ({ headers }: IncomingMessage): boolean =>
      headers.upgrade?.toLowerCase() === "websocket";
    const options = { shouldUpgradeCallback, keepAliveTimeout: KEEP_ALIVE_MS };
    const server = createServer(options, (request, response) => {
      response.setHeader("X-Replica", this.#options.replica);
      response.setHeader("Access-Control-Expose-Headers", "X-Replica");
      if (this.lifecycle.isClosing) {
        response.setHeader("Connection", "close");
      }
      if (!this.intercept(request, response)) {
        routes(request, response);
      }
    });
    server.on("upgrade", (request, socket, head) => {
      if (!this.intercept(request, socket, head)) {
        this.refuseUpgrade(socket, 404);
      }
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  #addHealth(): void {
    this.fastify.get("/healthz", () => ({ status: "alive" }));
    this.fastify.get("/readyz", (_request, reply) => {
      const { phase } = this.lifecycle;
      return reply.code(phase === "ready" ? 200 : 503).send({ status: phase });
    });
    this.fastify.get("/metrics", async (_request, reply) =>
      reply.type(this.registry.contentType).send(await this.registry.metrics()),
    );
  }

  #entered(phase: Phase): void {
    this.#options.log.info({ phase }, "phase");
    if (phase === "draining") {
      this.#drains.inc();
    }
  }
}
