import type { IncomingMessage, ServerResponse } from "node:http";
import { isUtf8 } from "node:buffer";
import { parse } from "node:querystring";
import { strangerDetail, type Origins } from "../common/http/origins.ts";
import { hasOtherCharset, isDecodable, queryOf } from "../common/http/text.ts";

/** The URL prefix under which every SockJS transport lives. */
export const ECHO_PREFIX = "/echo";

/** What SockJS and Node.js read in the same way: neither `\` nor `#`, of which SockJS makes something else. */
const PLAIN_URL = /^[\w\-.~/?%&=+,;:@!$'()*]+$/;

/** A path of a session: below a number that load balancers may go by, and its id. */
const SESSION_PATH = new RegExp(`^${ECHO_PREFIX}/([^/]*)/([^/]*)/([^/]*)/?$`);

/** The page that another page may have in a frame, to ask from there. */
const FRAME_PATH = new RegExp(`^${ECHO_PREFIX}/iframe[^/]*$`);

/** What SockJS takes for the id of a server or a session, in a length that nobody needs more of; it decodes none. */
const ID = /^[^./]{1,255}$/;

/** Name of a function in a page, which comes into a script. */
const CALLBACK = /^[\w.-]{1,32}$/;

/** Types under which messages are sent: SockJS' own lists. */
const TEXT = ["", "text/plain"];
const XHR_TEXT = [...TEXT, "T", "text/xml", "application/json", "application/xml"];
const FORM = "application/x-www-form-urlencoded";

/** Why a request does not get to SockJS, which would answer 500, or nothing at all. */
export interface RequestRefusal {
  status: number;
  /** As the metric has it. */
  reason: "origin" | "request";
  detail: string;
}

/** What is wrong with a request, apart from its body. */
export function refusalOf(request: IncomingMessage, origins: Origins): RequestRefusal | undefined {
  const { method, url = "" } = request;
  const [path = ""] = url.split("?", 1);
  const query = queryOf(url);
  if (!PLAIN_URL.test(url)) {
    return refusal(400, "the URL has characters that belong percent-encoded");
  }
  if (!isDecodable(query)) {
    return refusal(400, "the query is not percent-encoded UTF-8");
  }
  if (!FRAME_PATH.test(path) && origins.isStranger(request)) {
    return { ...refusal(403, strangerDetail(request)), reason: "origin" };
  }
  const [, server, session, transport = ""] = SESSION_PATH.exec(path) ?? [];
  if (server !== undefined && session !== undefined && !areIds(server, session)) {
    return refusal(404, "server and session must each have 1 to 255 characters without dots");
  }
  return method === "GET" && /^(jsonp|htmlfile)$/.test(transport) && !hasCallback(query)
    ? refusal(400, "parameter c must be a function name")
    : undefined;
}

/** What is wrong with a request for a WebSocket, apart from its handshake, which SockJS checks. */
export function upgradeRefusalOf(
  request: IncomingMessage,
  origins: Origins,
): RequestRefusal | undefined {
  const isWebSocket = /\/websocket\/?(\?|$)/.test(request.url ?? "");
  return (
    refusalOf(request, origins) ?? (isWebSocket ? undefined : refusal(404, "there is no WebSocket"))
  );
}

/** What is wrong with the body of a request that sends messages. */
export function bodyRefusalOf(request: IncomingMessage, body: Buffer): RequestRefusal | undefined {
  const path = (request.url ?? "").replace(/\/?(\?.*)?$/, "");
  const isForm = path.endsWith("/jsonp_send");
  if (!isForm && !path.endsWith("/xhr_send")) {
    return undefined;
  }
  const { "content-type": contentType = "" } = request.headers;
  const [type = ""] = contentType.split(";");
  const types = isForm ? [...TEXT, FORM] : XHR_TEXT;
  if (!types.includes(type) || hasOtherCharset(contentType)) {
    return refusal(415, "Content-Type must be text/plain in UTF-8");
  }
  const text = body.toString();
  if (!isUtf8(body) || (type === FORM && !isDecodable(text))) {
    return refusal(400, "the body is not UTF-8");
  }
  if (type === FORM) {
    return isList(parse(text).d) ? undefined : refusal(400, "d must be a JSON list of messages");
  }
  return isList(text) ? undefined : refusal(400, "the body must be a JSON list of messages");
}

/** Reads a body; what has more bytes than `limit` is answered 413, announced or met while reading. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  onBody: (body: Buffer) => void,
): void {
  let bytes = 0;
  // Grows by doubling: a body may come in parts of a byte, each of which would be an object.
  let body = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    const end = bytes + chunk.length;
    if (end > limit) {
      request.removeAllListeners();
      refuseLarge(response, limit);
      request.destroy();
      return;
    }
    if (end > body.length) {
      const larger = Buffer.allocUnsafe(Math.min(limit, 2 * end));
      body.copy(larger, 0, 0, bytes);
      body = larger;
    }
    chunk.copy(body, bytes);
    bytes = end;
  };
  request.on("data", take);
  request.once("end", () => {
    request.off("data", take);
    onBody(body.subarray(0, bytes));
  });
}

/** Whether a request says by itself that its body is too large. */
export function announcesMore(request: IncomingMessage, limit: number): boolean {
  return Number(request.headers["content-length"] ?? 0) > limit;
}

export function refuseLarge(response: ServerResponse, limit: number): void {
  const detail = `the body is larger than the ${limit} bytes that are allowed`;
  response.setHeader("Connection", "close");
  refuse(response, { status: 413, detail });
}

export function refuse(
  response: ServerResponse,
  { status, detail }: Pick<RequestRefusal, "status" | "detail">,
): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${detail}\n`);
}

/** SockJS keeps its sessions in an object that has members of its own. */
function areIds(server: string, session: string): boolean {
  return ID.test(server) && ID.test(session) && !(session in Object.prototype);
}

function hasCallback(query: string): boolean {
  const { c, callback } = parse(query);
  const name = c ?? callback;
  return typeof name === "string" && CALLBACK.test(name);
}

function isList(text: unknown): boolean {
  try {
    return typeof text === "string" && Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

function refusal(status: number, detail: string): RequestRefusal {
  return { status, reason: "request", detail };
}
