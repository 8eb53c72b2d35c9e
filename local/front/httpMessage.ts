import {
  STATUS_CODES,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { hasValidHost } from "../../app/common/http/connections.ts";
import {
  BODY_SECONDS,
  MAX_BODY_BYTES,
  MAX_HEADERS_BYTES,
  MAX_URL_BYTES,
} from "../../app/contract/requestLimits.ts";
import { REQUEST_PROBLEMS } from "../../app/contract/requestProblems.ts";

/** Time for which a rejected client may continue to send, in milliseconds: after a reset, it might not read the response. */
const LINGER_MS = 1000;

/** Headers that concern one connection (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** A request that the front refuses, with the status of the response. */
export class HttpRefusal extends Error {
  override readonly name = "HttpRefusal";
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** A refusal in the words of the key router. */
export function standardRefusal(status: keyof typeof REQUEST_PROBLEMS): HttpRefusal {
  return new HttpRefusal(status, REQUEST_PROBLEMS[status]);
}

/**
 * Changes a request into what a load balancer passes on.
 *
 * @throws HttpRefusal
 */
export function prepare(request: IncomingMessage): void {
  const { socket, url = "/" } = request;
  check(request);
  const before = request.headers["x-forwarded-for"] ?? [];
  request.headers = {
    ...(isUpgrade(request) ? request.headers : withoutHopByHop(request.headers)),
    ...repeated(request),
    "x-forwarded-for": [before, socket.remoteAddress ?? "unknown"].flat().join(", "),
    "x-forwarded-proto": "http",
    "x-forwarded-port": String(socket.localPort),
  };
  if (!url.startsWith("/") && url !== "*") {
    request.url = pathOfAbsolute(url);
  }
}

/** Whether a request is a WebSocket handshake; other upgrades, such as h2c, are ignored (RFC 9110, 7.8). */
export function isUpgrade({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/** Whether the proxy library would lose the framing of the body. */
export function isUnframed({ method, headers }: IncomingMessage): boolean {
  const isChunked = headers["transfer-encoding"] !== undefined;
  return isChunked && (method === "DELETE" || method === "OPTIONS");
}

/** Sends 100 Continue to a client that waits for it. */
export function admit({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.expect !== undefined) {
    delete headers.expect;
    response.writeContinue();
  }
}

/**
 * Buffers a body before the request is passed on, which then states the body's length.
 *
 * @throws HttpRefusal when it is too large or too slow
 */
export function bufferBody(
  request: IncomingMessage,
  response: ServerResponse,
  bodyMs = BODY_SECONDS * 1000,
): Promise<Buffer> {
  const tooLarge = standardRefusal(413);
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) {
    return Promise.reject(tooLarge);
  }
  admit(request, response);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => reject(standardRefusal(408)), bodyMs);
    response.once("close", () => clearTimeout(timer));
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        reject(tooLarge);
      } else {
        chunks.push(chunk);
      }
    });
    request.once("error", reject).once("end", () => {
      clearTimeout(timer);
      request.headers["content-length"] = String(size);
      delete request.headers["transfer-encoding"];
      resolve(Buffer.concat(chunks));
    });
  });
}

/** The end-to-end headers of a response: names and values in turn. */
export function endToEnd({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, index) => {
    const name = rawHeaders[index - (index % 2)] ?? "";
    return !HOP_BY_HOP.has(name.toLowerCase());
  });
}

/** Responds with a problem document (RFC 9457) and discards the rest of the request. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message }: HttpRefusal,
): void {
  const { body, headers } = problem(status, message);
  response.writeHead(status, request.complete ? headers : { ...headers, Connection: "close" });
  response.write(body);
  if (request.complete) {
    response.end();
    return;
  }
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => response.end(), LINGER_MS);
  request.once("close", () => {
    clearTimeout(timer);
    response.end();
  });
}

/** Responds likewise on a bare connection: an upgrade, or a request that could not be parsed. */
export function refuseConnection(socket: Socket, { status, message }: HttpRefusal): void {
  const { body, headers } = problem(status, message);
  const lines = Object.entries({ ...headers, Connection: "close" }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const statusLine = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.end([statusLine, ...lines, "", body].join("\r\n"));
}

function problem(status: number, detail: string) {
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: "about:blank", title, status, detail });
  const headers = {
    "Content-Type": "application/problem+json",
    "Content-Length": String(Buffer.byteLength(body)),
    ...(status === 503 && { "Retry-After": "1" }),
  };
  return { body, headers };
}

/** Headers that were sent more than once, which Node.js would join or drop; joined cookies are equivalent. */
function repeated({ headersDistinct }: IncomingMessage): NodeJS.Dict<string[]> {
  return Object.fromEntries(
    Object.entries(headersDistinct).filter(
      ([name, values = []]) => values.length > 1 && name !== "cookie" && !HOP_BY_HOP.has(name),
    ),
  );
}

/** Keeps the framing of the body. */
function withoutHopByHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => name === "transfer-encoding" || !HOP_BY_HOP.has(name),
    ),
  );
}

/** @throws HttpRefusal */
function check(request: IncomingMessage): void {
  const { url = "", rawHeaders } = request;
  // Includes the separator after each name and each value.
  const bytes = rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
  if (url.length > MAX_URL_BYTES) {
    throw standardRefusal(414);
  }
  if (!/^[!"$-~]*$/.test(url)) {
    throw new HttpRefusal(400, "the request target contains # or a character outside of ASCII");
  }
  if (bytes > MAX_HEADERS_BYTES) {
    throw standardRefusal(431);
  }
  if (!hasValidHost(request)) {
    throw new HttpRefusal(400, "the request must have exactly one Host header, with a valid host");
  }
}

/**
 * Path and query as they were sent: a router does not resolve `..`.
 *
 * @throws HttpRefusal
 */
function pathOfAbsolute(url: string): string {
  const [, path] = /^https?:\/\/[^/?]+(\/.*)$/i.exec(url) ?? [];
  if (path === undefined || !URL.canParse(url)) {
    throw new HttpRefusal(400, "the request target must be a path or a URL with a path");
  }
  return path;
}
