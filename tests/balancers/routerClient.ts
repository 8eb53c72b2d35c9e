import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";

/** The default address of the client. */
export const CLIENT = "198.51.100.7";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface AskOptions {
  method?: string;
  headers?: Record<string, string>;
  /** The whole body, or its pieces, each of which is a chunk if no length is announced. */
  body?: string | readonly string[];
  /** Never ends the request. */
  isUnfinished?: boolean;
  /** Address of the client. */
  client?: string;
}

/** Sends a request through a router on a new connection, as the load balancer forwards it. */
export function ask(
  { port }: { port: number },
  path: string,
  options: AskOptions = {},
): Promise<Answer> {
  const { body, client = CLIENT, isUnfinished = false, ...rest } = options;
  return new Promise((resolve, reject) => {
    const createConnection = (): Socket => connectAs(port, client);
    const asking = request({ path, ...rest, createConnection }, (response) => {
      // The response may arrive before the request has ended.
      void read(response)
        .then(resolve, reject)
        .finally(() => asking.destroy());
    }).once("error", reject);
    if (typeof body === "string") {
      asking.end(body);
    } else {
      asking.flushHeaders();
      body?.forEach((piece) => asking.write(piece));
      if (!isUnfinished) {
        asking.end();
      }
    }
  });
}

/** Sends a request without a PROXY header. */
export function get(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ port, path, host: "127.0.0.1", agent: false }, (response) => {
      void read(response).then(resolve, reject);
    })
      .once("error", reject)
      .end();
  });
}

/** A connection that begins with the header by which the load balancer names the client. */
export function connectAs(port: number, client = CLIENT): Socket {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.write(proxyHeader(client));
  return socket;
}

/** See https://www.haproxy.org/download/3.4/doc/proxy-protocol.txt, version 2: TCP over IPv4. */
function proxyHeader(client: string): Buffer {
  const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
  const addresses = [...client.split(".").map(Number), 10, 0, 0, 1];
  const ports = [0xc0, 0x01, 0x01, 0xbb];
  return Buffer.from([...signature, 0x21, 0x11, 0, 12, ...addresses, ...ports]);
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks = (await response.toArray()) as Buffer[];
  const body = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}
