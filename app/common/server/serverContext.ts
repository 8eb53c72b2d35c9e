import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { collectDefaultMetrics, Counter, Registry } from "prom-client";
import { Lifecycle, type Phase } from "../../contract/lifecycle.ts";
import type { Logger } from "../../contract/log.ts";
import { Origins } from "../http/origins.ts";
import { SECURITY_HEADERS } from "./securityHeaders.ts";

/** Options of every app's server. */
export interface ServerOptions {
  /** Name of the replica, sent as `X-Replica` with every response. */
  replica: string;
  /** Seconds for which new work is still accepted after `drain()`. */
  drainSeconds: number;
  log: Logger;
  /** Origins of other pages that may use the app. @default - none */
  allowedOrigins?: readonly string[];
  /** Whether a load balancer terminates TLS for all clients. @default - for requests with `X-Forwarded-Proto: https` */
  behindTls?: boolean;
  /** Seconds that a client may take to send the head of a request. @default 60 */
  headSeconds?: number;
  /** Seconds that a client may take to send a whole request. @default 300 */
  requestSeconds?: number;
  /** Seconds without data after which the load balancer closes a connection; the server keeps it for longer. @default 350 */
  idleTimeoutSeconds?: number;
}

/** What a server and the parts of its app share; created before both. */
export class ServerContext {
  readonly options: ServerOptions;
  readonly registry = new Registry();
  readonly origins: Origins;
  readonly lifecycle = new Lifecycle((phase) => this.#entered(phase));
  readonly #drains = new Counter({
    name: "app_drains_total",
    help: "Drains that were begun",
    registers: [this.registry],
  });

  constructor(options: ServerOptions) {
    this.options = options;
    this.origins = new Origins(options.allowedOrigins ?? []);
    collectDefaultMetrics({ register: this.registry });
  }

  /**
   * Whether the browser uses TLS. An HTTP load balancer sends `X-Forwarded-Proto`; the first value is the browser's. A Network
   * Load Balancer sends no headers.
   */
  isTls({ headers }: Pick<IncomingMessage, "headers">): boolean {
    const scheme = String(headers["x-forwarded-proto"] ?? "");
    return this.options.behindTls === true || /^\s*https\s*(,|$)/i.test(scheme);
  }

  /** Answers an upgrade, or bytes that are no request, with a status and closes the connection. */
  refuse(socket: Duplex, status: number): void {
    const headers = { ...SECURITY_HEADERS, "X-Replica": this.options.replica };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}Connection: close\r\nContent-Length: 0\r\n\r\n`,
      // Whatever the client sends after this is not read.
      () => socket.destroy(),
    );
  }

  #entered(phase: Phase): void {
    this.options.log.info({ phase }, "phase");
    if (phase === "draining") {
      this.#drains.inc();
    }
  }
}
