import { once } from "node:events";
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
import { answerHalfClosed, namesHost } from "../http/connections.ts";
import { SILENCE_MS } from "../../contract/httpRouting.ts";
import { LIVENESS_PATH, READINESS_PATH } from "../../contract/endpoints.ts";
import { Lifecycle, type Closable, type Phase } from "../../contract/lifecycle.ts";
import type { Logger } from "../../contract/log.ts";
import { createMetricsServer } from "./metricsServer.ts";
import { Origins } from "../http/origins.ts";
import { sendProblem } from "../http/problem.ts";
import { SECURITY_HEADERS, securityHeaders } from "./securityHeaders.ts";

/** How long a request's head, and all of it, may take, in seconds. */
const HEAD_SECONDS = 60;
const REQUEST_SECONDS = 300;

/** How often connections are checked for that, in milliseconds. */
const CHECK_MS = 30_000;

/** What is answered to what is no request; 400 to all else. */
const CLIENT_ERRORS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** What every server of the app has. */
export interface AppServerOptions {
  /** The replica's name, in the header `X-Replica` of every response. */
  replica: string;
  /** Seconds for which new work is still taken after `drain()`. */
  drainSeconds: number;
  log: Logger;
  /** Origins of other pages that may use the app. @default - none */
  allowedOrigins?: readonly string[];
  /** Seconds until the head of a request has to be there, for who has connected. @default 60 */
  headSeconds?: number;
  /** Seconds until all of a request has to be there. @default 300 */
  requestSeconds?: number;
}

/** Where a server listens: the ports of clients and of metrics, 0 for free ones. */
export interface Ports {
  port: number;
  metricsPort: number;
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
  readonly origins: Origins;
  readonly lifecycle = new Lifecycle((phase) => this.#entered(phase));
  readonly #options: AppServerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #metrics = createMetricsServer(this.registry);
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
    this.origins = new Origins(options.allowedOrigins ?? []);
    this.fastify = fastify({
      loggerInstance: log,
      logController: new LogController({ disableRequestLogging: true }),
      serverFactory: (routes) => this.#createHttpServer(routes),
      // A load balancer that passes requests on adds the address that it sees; those before it are the client's word.
      trustProxy: (_address, hop) => hop === 0,
      frameworkErrors: sendProblem,
      clientErrorHandler: ({ code }, socket) =>
        socket.writable && this.refuse(socket, CLIENT_ERRORS[code] ?? 400),
    });
    collectDefaultMetrics({ register: this.registry });
    this.#addHealth();
  }

  /** The HTTP server, which also takes connections that were accepted elsewhere. */
  get http(): Server {
    return this.fastify.server;
  }

  /**
   * Starts to listen, and becomes ready as soon as it is prepared.
   *
   * @throws Error as the system gives it, with `code` and `port`
   */
  async listen({ port, metricsPort }: Ports, host: string): Promise<Ports> {
    await once(this.#metrics.listen(metricsPort, host), "listening");
    await this.fastify.listen({ port, host });
    void this.prepare().then(() => this.lifecycle.ready());
    return { port: portOf(this.http), metricsPort: portOf(this.#metrics) };
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
    this.#metrics.close();
    this.#metrics.closeAllConnections();
  }

  /** Answers what is no request, or a request for an upgrade, with a status and nothing else. */
  refuse(socket: Duplex, status: number): void {
    const headers = { ...SECURITY_HEADERS, "X-Replica": this.#options.replica };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}Connection: close\r\nContent-Length: 0\r\n\r\n`,
      // What it goes on to send is not read.
      () => socket.destroy(),
    );
  }

  #createHttpServer(routes: (request: IncomingMessage, response: ServerResponse) => void): Server {
    // What else may be offered, such as h2c, is declined by answering as usual (RFC 9110, 7.8).
    const shouldUpgradeCallback = ({ headers, method }: IncomingMessage): boolean =>
      method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
    const { headSeconds = HEAD_SECONDS, requestSeconds = REQUEST_SECONDS } = this.#options;
    const options = {
      shouldUpgradeCallback,
      keepAliveTimeout: SILENCE_MS,
      headersTimeout: headSeconds * 1000,
      requestTimeout: requestSeconds * 1000,
      connectionsCheckingInterval: Math.min(CHECK_MS, headSeconds * 500),
    };
    const server = createServer(options, (request, response) => {
      response.setHeader("X-Replica", this.#options.replica);
      securityHeaders(request).forEach(([name, value]) => response.setHeader(name, value));
      if (this.lifecycle.isClosing) {
        response.setHeader("Connection", "close");
      }
      if (!namesHost(request)) {
        response.setHeader("Connection", "close").writeHead(400).end();
        return;
      }
      if (!this.origins.admit(request, response) && !this.intercept(request, response)) {
        routes(request, response);
      }
    });
    answerHalfClosed(server, headSeconds * 1000);
    // Of who does not read what was answered, too.
    server.setTimeout(SILENCE_MS);
    server.on("upgrade", (request, socket, head) => {
      if (!namesHost(request)) {
        this.refuse(socket, 400);
      } else if (!this.intercept(request, socket, head)) {
        this.refuse(socket, 404);
      }
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  #addHealth(): void {
    this.fastify.get(LIVENESS_PATH, () => ({ status: "alive" }));
    this.fastify.get(READINESS_PATH, (_request, reply) => {
      const { phase } = this.lifecycle;
      return reply.code(phase === "ready" ? 200 : 503).send({ status: phase });
    });
  }

  #entered(phase: Phase): void {
    this.#options.log.info({ phase }, "phase");
    if (phase === "draining") {
      this.#drains.inc();
    }
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
