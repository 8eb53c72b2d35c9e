import { once } from "node:events";
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
  type Server,
} from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { HttpFront, type HttpFrontOptions } from "../../local/front/httpFront.ts";
import type { Upstream } from "../../local/front/upstream.ts";
import type { Affinity } from "../../app/contract/catalogue.ts";

/** What the test app sets, and how its requests are keyed. */
export const ROUTING: HttpFrontOptions["routing"] = {
  idleTimeoutSeconds: 60,
  cookie: { name: "app", seconds: 60 },
  keyRoutes: [
    {
      methods: ["POST"],
      path: "/things",
      key: { from: "json", field: "id" },
      normalise: "identifier",
    },
    { methods: ["GET"], path: "/things", key: { from: "path" }, normalise: "identifier" },
  ],
};

/** A server that stands for a replica. */
export interface TestReplica extends Upstream {
  server: Server;
  /** Requests that have reached it, as `METHOD path`. */
  requests: string[];
}

const servers = new Set<Server>();
const sockets = new WeakMap<Server, Set<Socket>>();
const fronts = new Set<HttpFront>();

/** Starts a replica; by default it responds with its name, and sets the app's cookie. */
export async function startReplica(
  name: string,
  handle: RequestListener = (incoming, response) => {
    incoming.resume();
    response.setHeader("Set-Cookie", "app=1; Max-Age=60; Path=/").end(name);
  },
): Promise<TestReplica> {
  const requests: string[] = [];
  const server = createServer((incoming, response) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    handle(incoming, response);
  }).listen(0, "127.0.0.1");
  servers.add(server);
  const open = new Set<Socket>();
  sockets.set(server, open);
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { name, id: `id-of-${name}`, port, server, requests };
}

/** Connections that a replica has now. */
export function connectionsOf({ server }: TestReplica): number {
  return sockets.get(server)?.size ?? 0;
}

/** Starts replicas of these names. */
export function startReplicas(...names: string[]): Promise<TestReplica[]> {
  return Promise.all(names.map((name) => startReplica(name)));
}

/** Ends a replica as a kill does, while the front still believes that it is there. */
export async function kill({ server }: Pick<TestReplica, "server">): Promise<void> {
  const closed = once(server, "close");
  server.close();
  sockets.get(server)?.forEach((socket) => socket.destroy());
  servers.delete(server);
  await closed;
}

/** Starts a front; the replicas that are routable may change. */
export async function startFront(
  affinity: Affinity,
  replicas: readonly Upstream[],
  options: Partial<HttpFrontOptions> = {},
): Promise<string> {
  const routable = (): readonly Upstream[] => replicas;
  const front = new HttpFront({ affinity, routing: ROUTING, routable, ...options });
  fronts.add(front);
  return `http://127.0.0.1:${await front.listen(0, "127.0.0.1")}`;
}

/** Ends all that a test has started. */
export async function endFronts(): Promise<void> {
  await Promise.all([...servers].map((server) => kill({ server })));
  await Promise.all([...fronts].map((front) => front.close()));
  fronts.clear();
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends a request on a connection of its own. */
export async function send(
  url: string,
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<Answer> {
  const outgoing = request(url, { agent: false, ...options }).end(body);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await text(response),
  };
}

/** Writes bytes to a connection of their own, which is never closed from this end, and collects what comes back. */
export function converse(origin: string, bytes: string): { socket: Socket; heard: () => string } {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let heard = "";
  socket.on("data", (data) => (heard += String(data))).on("error", () => socket.destroy());
  socket.write(bytes);
  return { socket, heard: () => heard };
}
