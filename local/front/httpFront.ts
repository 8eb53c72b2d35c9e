import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { pipeline, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createProxyServer, type ProxyServer } from "http-proxy-3";
import type { HttpRouting } from "../../app/contract/httpRouting.ts";
import { REPLICA_LOST } from "../../app/contract/requestProblems.ts";
import type { Affinity } from "../../app/contract/catalogue.ts";
import { chooseReplica, HOLD_MS, RETRY_MS } from "./choice.ts";
import { frontKey, isBodyNeeded } from "./requestKey.ts";
import * as http from "./httpMessage.ts";
import { createHttpServer } from "./httpServer.ts";
import { namedTarget, targetCookie } from "./stickyCookie.ts";
import { UnstickyRequests } from "./unstickyRequests.ts";
import { openConnection, SingleConnectionAgent, targetOf, type Upstream } from "./upstream.ts";

/** Time for responses to reach their clients when the front closes, in milliseconds. */
const CLOSE_MS = 5000;

/** Names the replica that responded; the front adds it if the app does not. */
const REPLICA_HEADER = "x-replica";

export interface HttpFrontOptions {
  affinity: Affinity;
  routing: HttpRouting;
  /** Returns the replicas that take new requests; called for each request. */
  routable: () => readonly Upstream[];
  /** Called once if no request of many has what the affinity needs. */
  onUnsticky?: (requests: number, path: string) => void;
  /** Maximum number of client connections. @default - no limit */
  maxConnections?: number;
  /** Milliseconds until the headers must have arrived, and until a body with a key must have. @default 10,000 each, as at the key router */
  requestMs?: number;
}

/** The upstream that was chosen for a request, and the connection to it. */
interface UpstreamConnection {
  upstream: Upstream;
  socket: Socket;
}

/** Chooses a replica for each request and passes the request on. */
export class HttpFront {
  readonly #server: Server;
  readonly #proxy: ProxyServer;
  readonly #options: HttpFrontOptions;
  readonly #idleMs: number;
  readonly #connections = new WeakMap<IncomingMessage, UpstreamConnection>();
  readonly #unsticky: UnstickyRequests | undefined;
  #isClosing = false;

  constructor(options: HttpFrontOptions) {
    const { maxConnections, onUnsticky, requestMs, routing } = options;
    this.#unsticky = onUnsticky && new UnstickyRequests(onUnsticky);
    const idleMs = routing.idleTimeoutSeconds * 1000;
    this.#options = options;
    this.#idleMs = idleMs;
    this.#server = createHttpServer({
      idleMs,
      headersMs: requestMs,
      serve: (request, response) => void this.#serve(request, response),
      upgrade: (request, client, head) => void this.#upgrade(request, client, head),
    });
    if (maxConnections !== undefined) {
      this.#server.maxConnections = maxConnections;
    }
    this.#proxy = createProxyServer({
      toProxy: true,
      proxyTimeout: idleMs,
      selfHandleResponse: true,
    });
    this.#proxy.on("proxyRes", (answer, request, response) =>
      this.#answer(answer, request, response),
    );
    this.#proxy.on("proxyReqWs", (proxied, request, client: Socket) => {
      proxied.once("upgrade", (answer) => this.#upgraded(answer, request, client));
    });
    this.#proxy.on("error", () => {
      // Handled where the request was passed on.
    });
  }

  /** @throws Error of the system, with `code`, such as `EADDRINUSE` */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Delivers the responses of replicas that have exited; refuses requests that still wait for a replica. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const idle = setInterval(() => this.#server.closeIdleConnections(), RETRY_MS);
    await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })]);
    clearInterval(idle);
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      http.prepare(request);
      const body = this.#isReadFirst(request)
        ? await http.bufferBody(request, response, this.#options.requestMs)
        : undefined;
      const { upstream, socket } = await this.#connect(request, response, body);
      http.admit(request, response);
      const buffer = body && Readable.from(body.length > 0 ? [body] : []);
      let isSilent = false;
      socket.once("timeout", () => (isSilent = true));
      socket.once("close", () => {
        // Discards the rest of the body: unread, it would block the next request.
        request.unpipe().resume();
      });
      this.#proxy.web(
        request,
        response,
        {
          target: targetOf(upstream),
          agent: new SingleConnectionAgent(socket),
          ...(buffer && { buffer }),
        },
        // The replica may have carried it out, so the client must decide whether to repeat it.
        () => this.#refuse(request, response, lost(isSilent)),
      );
    } catch (error) {
      this.#refuse(request, response, refusalOf(error));
    }
  }

  async #upgrade(request: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    client.on("error", () => client.destroy());
    try {
      http.prepare(request);
      const { upstream, socket } = await this.#connect(request, client);
      // Applies until the upgrade; before it, a client that disconnects is not noticed.
      socket.setTimeout(this.#idleMs, () => socket.destroy());
      // Neither connection is of use without the other.
      socket.once("close", () => this.#closeSoon(client));
      client.once("close", () => socket.destroySoon());
      const options = { target: targetOf(upstream), agent: new SingleConnectionAgent(socket) };
      this.#proxy.ws(request, client, head, options, () => {
        if (this.#connections.has(request)) {
          http.refuseConnection(client, lost());
        }
      });
    } catch (error) {
      http.refuseConnection(client, refusalOf(error));
    }
  }

  #isReadFirst(request: IncomingMessage): boolean {
    const { affinity, routing } = this.#options;
    const isKeyed = affinity === "key" && isBodyNeeded(routing.keyRoutes, request);
    return isKeyed || http.isUnframed(request);
  }

  /**
   * Connects to the upstream of a request, or to another one if that refuses, because it has received nothing yet.
   *
   * @throws HttpRefusal when none accepts a connection in time
   */
  async #connect(
    request: IncomingMessage,
    client: { destroyed: boolean },
    body?: Buffer,
  ): Promise<UpstreamConnection> {
    const choose = this.#chooser(request, body);
    const deadline = Date.now() + HOLD_MS;
    const isOver = (): boolean => client.destroyed || this.#isClosing || Date.now() > deadline;
    const refusing = new Set<Upstream>();
    while (!isOver()) {
      const upstream = choose(this.#options.routable().filter((each) => !refusing.has(each)));
      if (upstream === undefined) {
        refusing.clear();
        await sleep(RETRY_MS);
        continue;
      }
      const socket = await openConnection(upstream.port);
      if (socket === undefined) {
        refusing.add(upstream);
      } else if (isOver()) {
        socket.destroy();
      } else {
        const connection = { upstream, socket };
        this.#connections.set(request, connection);
        return connection;
      }
    }
    throw new http.HttpRefusal(503, "no replica is ready; the request was not carried out");
  }

  #chooser(
    request: IncomingMessage,
    body?: Buffer,
  ): (upstreams: readonly Upstream[]) => Upstream | undefined {
    const { affinity, routing } = this.#options;
    const { cookie, keyRoutes } = routing;
    const target = affinity === "cookie" ? namedTarget(cookie, request) : undefined;
    const key = affinity === "key" ? frontKey(keyRoutes, request, body) : undefined;
    this.#unsticky?.add(request.url ?? "", affinity === "none" || (target ?? key) !== undefined);
    return (upstreams) =>
      upstreams.find(({ id }) => id === target) ?? chooseReplica(upstreams, key);
  }

  #answer(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
    if (response.headersSent) {
      answer.destroy();
      return;
    }
    const cookie = this.#cookieFor(answer, request);
    const headers = http.endToEnd(answer);
    const { name } = this.#connections.get(request)?.upstream ?? {};
    const isNamed = name === undefined || answer.headers[REPLICA_HEADER] !== undefined;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
      ...headers,
      ...(isNamed ? [] : [REPLICA_HEADER, name]),
      ...(cookie === undefined ? [] : ["Set-Cookie", cookie]),
    ]);
    // An abort on one side aborts the other.
    pipeline(answer, response, () => undefined);
  }

  #upgraded(answer: IncomingMessage, request: IncomingMessage, client: Socket): void {
    const cookie = this.#cookieFor(answer, request);
    if (cookie !== undefined) {
      answer.headers["set-cookie"] = [...(answer.headers["set-cookie"] ?? []), cookie];
    }
    const { name } = this.#connections.get(request)?.upstream ?? {};
    if (name !== undefined) {
      answer.headers[REPLICA_HEADER] ??= name;
    }
    this.#connections.delete(request);
    client.setTimeout(this.#idleMs, () => client.destroy());
  }

  /** Closes when the client has read everything, or after the idle timeout. */
  #closeSoon(client: Socket): void {
    const timer = setTimeout(() => client.destroy(), this.#idleMs);
    client.once("close", () => clearTimeout(timer)).destroySoon();
  }

  #cookieFor(answer: IncomingMessage, request: IncomingMessage): string | undefined {
    const { upstream } = this.#connections.get(request) ?? {};
    const { affinity, routing } = this.#options;
    return affinity === "cookie" && upstream !== undefined
      ? targetCookie(routing.cookie, upstream.id, request, answer)
      : undefined;
  }

  /** Does nothing once a response has begun: its abort shows the failure. */
  #refuse(request: IncomingMessage, response: ServerResponse, refusal: http.HttpRefusal): void {
    if (!response.headersSent && !response.destroyed) {
      http.refuse(request, response, refusal);
    }
  }
}

function lost(isSilent = false): http.HttpRefusal {
  return isSilent
    ? new http.HttpRefusal(504, "the replica did not respond in time; it may still respond")
    : new http.HttpRefusal(503, REPLICA_LOST);
}

function refusalOf(error: unknown): http.HttpRefusal {
  return error instanceof http.HttpRefusal
    ? error
    : new http.HttpRefusal(400, "the request cannot be forwarded");
}
