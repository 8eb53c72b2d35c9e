import { Agent, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { pipeline, Readable, type Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createProxyServer, type ProxyServer } from "http-proxy-3";
import type { HttpRouting } from "../../app/contract/httpRouting.ts";
import type { Affinity } from "../../app/contract/catalogue.ts";
import { chooseReplica, HOLD_MS, RETRY_MS } from "./choice.ts";
import { frontKey, isBodyNeeded } from "./requestKey.ts";
import * as http from "./httpMessage.ts";
import { createHttpServer } from "./httpServer.ts";
import { namedTarget, targetCookie } from "./stickyCookie.ts";

/** How long a replica may take to accept a connection before another one is asked. */
const CONNECT_MS = 1000;

/** How long answers may take to reach their clients when the front ends. */
const CLOSE_MS = 5000;

/** A replica that the front sends requests to. */
export interface Upstream {
  name: string;
  /** Random, and different for each process of the replica. */
  id: string;
  /** On loopback. */
  port: number;
}

export interface HttpFrontOptions {
  affinity: Affinity;
  routing: HttpRouting;
  /** The replicas that take new requests, asked for every request. */
  routable: () => readonly Upstream[];
  /** Connections of clients at most. @default - all that come */
  maxConnections?: number;
  /** How long headers may take to come, and a body with a key. @default 10 s each, as at the key router */
  requestMs?: number;
}

/** The upstream that was chosen for a request, and the connection to it. */
interface UpstreamConnection {
  upstream: Upstream;
  socket: Socket;
}

/** Chooses a replica for every request and passes it on. */
export class HttpFront {
  readonly #server: Server;
  readonly #proxy: ProxyServer;
  readonly #options: HttpFrontOptions;
  readonly #idleMs: number;
  readonly #connections = new WeakMap<IncomingMessage, UpstreamConnection>();
  #isClosing = false;

  constructor(options: HttpFrontOptions) {
    const { maxConnections, requestMs, routing } = options;
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
      // What it means is decided where the request was passed on.
    });
  }

  /** @throws Error as the system gives it, with `code`, such as `EADDRINUSE` */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Lets clients have the answers of replicas that have ended; what still waits for a replica is refused. */
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
      socket.once("close", () => {
        // Nobody reads any more what may still come; unread, it would keep the next request waiting.
        request.unpipe().resume();
      });
      this.#proxy.web(
        request,
        response,
        { target: targetOf(upstream), agent: new Through(socket), ...(buffer && { buffer }) },
        // It may have been carried out, so it is for the client to decide whether to repeat it.
        () => this.#refuse(request, response, lost()),
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
      // Until it is upgraded; a client that goes away before is not noticed.
      socket.setTimeout(this.#idleMs, () => socket.destroy());
      // What is left of the one has nobody to go to without the other.
      socket.once("close", () => this.#closeSoon(client));
      client.once("close", () => socket.destroySoon());
      const options = { target: targetOf(upstream), agent: new Through(socket) };
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
   * Connects to the replica of a request; to another one when it refuses, for then it has got nothing yet.
   *
   * @throws HttpRefusal when there is none for too long
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
      const socket = await connected(upstream.port);
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
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
      ...headers,
      ...(cookie === undefined ? [] : ["Set-Cookie", cookie]),
    ]);
    // Whatever breaks off on one side breaks off on the other.
    pipeline(answer, response, () => undefined);
  }

  #upgraded(answer: IncomingMessage, request: IncomingMessage, client: Socket): void {
    const cookie = this.#cookieFor(answer, request);
    if (cookie !== undefined) {
      answer.headers["set-cookie"] = [...(answer.headers["set-cookie"] ?? []), cookie];
    }
    this.#connections.delete(request);
    client.setTimeout(this.#idleMs, () => client.destroy());
  }

  /** Closes when the client has read what there still is; not all of them read. */
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

  /** Where an answer has begun, that it breaks off is told by itself. */
  #refuse(request: IncomingMessage, response: ServerResponse, refusal: http.HttpRefusal): void {
    if (!response.headersSent && !response.destroyed) {
      http.refuse(request, response, refusal);
    }
  }
}

/** An agent whose only connection is there already. */
class Through extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
  }

  override createConnection(): Duplex {
    return this.#socket;
  }
}

function targetOf({ port }: Upstream): string {
  return `http://127.0.0.1:${port}`;
}

/** A connection to a replica, or none where it is not taken. */
function connected(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const timer = setTimeout(() => socket.destroy(), CONNECT_MS);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

function lost(): http.HttpRefusal {
  return new http.HttpRefusal(503, "the replica went away; it may have carried the request out");
}

function refusalOf(error: unknown): http.HttpRefusal {
  return error instanceof http.HttpRefusal
    ? error
    : new http.HttpRefusal(400, "the request cannot be passed on");
}
