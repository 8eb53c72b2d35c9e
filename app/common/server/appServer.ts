import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { answerHalfClosed, hasValidHost } from "../http/connections.ts";
import { silenceMs } from "../../contract/httpRouting.ts";
import { LIVENESS_PATH, READINESS_PATH } from "../../contract/endpoints.ts";
import type { Closable, Lifecycle } from "../../contract/lifecycle.ts";
import { createMetricsServer } from "./metricsServer.ts";
import { sendProblem } from "../http/problem.ts";
import { securityHeaders } from "./securityHeaders.ts";
import type { ServerContext } from "./serverContext.ts";

/** Time limits for the head of a request and for a whole request, in seconds. */
const HEAD_SECONDS = 60;
const REQUEST_SECONDS = 300;

/** How often these limits are checked, in milliseconds. */
const CHECK_MS = 30_000;

/** Statuses for connections whose bytes are no request, by the error's code; 400 for all other codes. */
const CLIENT_ERRORS: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** The parts of an app, of which its server is made. */
export interface AppServerOptions {
  context: ServerContext;
  /** Adds the app's routes. */
  addRoutes: (scope: FastifyInstance) => Promise<void>;
  /** Handles requests before the routes; false leaves a request to them. @default - none */
  handleRequest?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Handles requests for an upgrade; false answers one with 404. @default - none */
  handleUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Prepares the app once the server listens; the server is ready when it resolves. @default - nothing */
  prepare?: () => Promise<void>;
  /** Open sessions, which a drain closes. @default - none */
  sessions?: Closable["sessions"];
  /** Releases what the app holds when all connections are closed. @default - nothing */
  close?: () => Promise<void>;
}

/** Where a server listens: the ports of clients and of metrics, 0 for free ones. */
export interface Ports {
  port: number;
  metricsPort: number;
}

/** The HTTP server of an app, with health checks, metrics and a drain. */
export class AppServer {
  readonly #options: AppServerOptions;
  readonly #context: ServerContext;
  readonly #fastify: FastifyInstance;
  readonly #metrics: Server;
  readonly #sockets = new Set<Socket>();
  #prepared = Promise.resolve();
  #drained: Promise<void> | undefined;

  constructor(options: AppServerOptions) {
    const { context } = options;
    const log: FastifyBaseLogger = context.options.log;
    this.#options = options;
    this.#context = context;
    this.#fastify = fastify({
      loggerInstance: log,
      logController: new LogController({ disableRequestLogging: true }),
      serverFactory: (routes) => this.#createHttpServer(routes),
      // A load balancer appends the address that it sees; the addresses before that are the client's claim.
      trustProxy: (_address, hop) => hop === 0,
      frameworkErrors: sendProblem,
      clientErrorHandler: ({ code }, socket) =>
        socket.writable && context.refuse(socket, CLIENT_ERRORS[code] ?? 400),
    });
    this.#metrics = createMetricsServer(context.registry);
    this.#addHealth();
  }

  /** The HTTP server, which can also be given connections that were accepted elsewhere. */
  get http(): Server {
    return this.#fastify.server;
  }

  get lifecycle(): Lifecycle {
    return this.#context.lifecycle;
  }

  /** Resolves when the app is prepared; rejects when it can never become ready. */
  get prepared(): Promise<void> {
    return this.#prepared;
  }

  /**
   * Starts to listen, and to prepare the app.
   *
   * @throws Error from the system, with `code` and `port`
   */
  async listen({ port, metricsPort }: Ports, host: string): Promise<Ports> {
    await this.#fastify.register(this.#options.addRoutes);
    await once(this.#metrics.listen(metricsPort, host), "listening");
    await this.#fastify.listen({ port, host });
    this.#prepared = this.#prepare();
    return { port: portOf(this.http), metricsPort: portOf(this.#metrics) };
  }

  /** Drains, then closes everything; a second call joins the first. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async #prepare(): Promise<void> {
    await this.#options.prepare?.();
    this.lifecycle.ready();
  }

  async #drain(): Promise<void> {
    const { sessions = () => [], close } = this.#options;
    await this.lifecycle.drain(this.#context.options.drainSeconds, {
      sessions,
      connections: () => this.#sockets.size,
      closeIdle: () => {
        this.http.closeIdleConnections();
        // Node.js does not count connections without any request as idle.
        this.#sockets.forEach((socket) => socket.bytesRead === 0 && socket.destroy());
      },
      closeAll: () => this.#sockets.forEach((socket) => socket.destroy()),
    });
    await this.#fastify.close();
    await close?.();
    this.#metrics.close();
    this.#metrics.closeAllConnections();
  }

  #createHttpServer(routes: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const { replica, headSeconds = HEAD_SECONDS, requestSeconds } = this.#context.options;
    const idleMs = silenceMs(this.#context.options.idleTimeoutSeconds);
    const { handleRequest = () => false, handleUpgrade = () => false } = this.#options;
    const options = {
      // Any other protocol, such as h2c, is declined by answering over HTTP/1.1 (RFC 9110, 7.8).
      shouldUpgradeCallback: ({ headers, method }: IncomingMessage): boolean =>
        method === "GET" && headers.upgrade?.toLowerCase() === "websocket",
      keepAliveTimeout: idleMs,
      headersTimeout: headSeconds * 1000,
      requestTimeout: (requestSeconds ?? REQUEST_SECONDS) * 1000,
      connectionsCheckingInterval: Math.min(CHECK_MS, headSeconds * 500),
    };
    const server = createServer(options, (request, response) => {
      response.setHeader("X-Replica", replica);
      securityHeaders(this.#context.isTls(request)).forEach(([name, value]) =>
        response.setHeader(name, value),
      );
      if (this.lifecycle.isClosing) {
        response.setHeader("Connection", "close");
      }
      if (!hasValidHost(request)) {
        response.setHeader("Connection", "close").writeHead(400).end();
        return;
      }
      if (!this.#context.origins.admit(request, response) && !handleRequest(request, response)) {
        routes(request, response);
      }
    });
    answerHalfClosed(server, headSeconds * 1000);
    // Also ends connections whose client does not read the response.
    server.setTimeout(idleMs);
    server.on("upgrade", (request, socket, head) => {
      if (!hasValidHost(request)) {
        this.#context.refuse(socket, 400);
      } else if (!handleUpgrade(request, socket, head)) {
        this.#context.refuse(socket, 404);
      }
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  #addHealth(): void {
    this.#fastify.get(LIVENESS_PATH, () => ({ status: "alive" }));
    this.#fastify.get(READINESS_PATH, (_request, reply) => {
      const { phase } = this.lifecycle;
      return reply.code(phase === "ready" ? 200 : 503).send({ status: phase });
    });
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
