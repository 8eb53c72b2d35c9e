import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
} from "node:http";
import { text } from "node:stream/consumers";
import { request as send } from "undici";
import { listenOn } from "./servers.ts";

/** A request as a front sees it. */
export interface ReceivedRequest {
  /** How many were before it. */
  number: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The client's address. */
  source: string;
}

/** The replica that gets a request, and what the front adds to the answer. */
export interface Choice {
  replica: number;
  setCookie?: string;
}

/** What a replica answers. */
export interface Given {
  status: number;
  headers?: OutgoingHttpHeaders;
}

const REPLICAS = ["company-0", "company-1", "company-2"];

export async function listen(handle: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(handle);
  return { server, url: `http://127.0.0.1:${await listenOn(server)}` };
}

/** Replicas that name themselves, and a front that sends each request to the one that is chosen for it. */
export async function startFront(
  choose: (request: ReceivedRequest) => Choice,
  answer: (request: ReceivedRequest) => Given = () => ({ status: 200 }),
) {
  const requests: ReceivedRequest[] = [];
  const replicas = await Promise.all(
    REPLICAS.map((name) =>
      listen((incoming, response) => {
        const about = requests[Number(incoming.headers.number)];
        const { status, headers }: Given = about === undefined ? { status: 400 } : answer(about);
        response.writeHead(status, { "X-Replica": name, ...headers }).end(name);
      }),
    ),
  );
  let connections = 0;
  const front = await listen((incoming, response) => {
    void text(incoming).then(async (body) => {
      const { headers, method = "", socket, url: path = "" } = incoming;
      const source = socket.remoteAddress ?? "";
      const each = { number: requests.length, method, path, headers, body, source };
      requests.push(each);
      const { replica, setCookie } = choose(each);
      const upstream = await send((replicas[replica] as { url: string }).url, {
        headers: { number: String(each.number) },
      });
      response.writeHead(upstream.statusCode, {
        ...upstream.headers,
        ...(setCookie === undefined ? {} : { "Set-Cookie": setCookie }),
      });
      response.end(await upstream.body.text());
    });
  });
  front.server.on("connection", () => (connections += 1));
  return { url: `${front.url}/companies`, requests, connections: () => connections, front };
}

/** The value of a cookie that a request has. */
export function cookieOf({ headers }: ReceivedRequest, name: string): string | undefined {
  return new RegExp(`(?:^|; )${name}=([^;]*)`).exec(headers.cookie ?? "")?.[1];
}

/** Any of the replicas. */
export function anyReplica(): number {
  return Math.floor(Math.random() * REPLICAS.length);
}

/** The same replica for the same text. */
export function replicaFor(value: string): number {
  return Buffer.from(value).reduce((sum, byte) => sum + byte, 0) % REPLICAS.length;
}

/** Keeps whoever has its cookie, as load balancers do. */
export function byCookie(request: ReceivedRequest): Choice {
  const server = cookieOf(request, "SERVERID");
  if (server !== undefined) {
    return { replica: Number(server) };
  }
  const replica = anyReplica();
  return { replica, setCookie: `SERVERID=${replica}; Path=/; Max-Age=172800; HttpOnly` };
}
