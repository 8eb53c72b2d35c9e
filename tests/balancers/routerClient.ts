import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";

/** Who asks where nobody is named. */
export const CLIENT = "198.51.100.7";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  /** As a whole; or in pieces, each a chunk where no length is announced. */
  body?: string | readonly string[];
  /** Sends no more than this, and does not say so. */
  isUnfinished?: boolean;
  /** Address of the client. */
  client?: string;
}

/** Asks through a router on a connection of its own, as the load balancer passes it on. */
export function ask({ port }: { port: number }, path: string, asked: Asked = {}): Promise<Answer> {
  const { body, client = CLIENT, isUnfinished = false, ...options } = asked;
  return new Promise((resolve, reject) => {
    const createConnection = (): Socket => connectAs(port, client);
    const asking = request({ path, ...options, createConnection }, (response) => {
      // The answer may have come before the request's end.
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

/** Asks without PROXY header. */
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
