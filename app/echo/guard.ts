import type { IncomingMessage, ServerResponse } from "node:http";
import { isUtf8 } from "node:buffer";
import { parse } from "node:querystring";
import { forbiddenDetail, type Origins } from "../common/http/origins.ts";
import {
  BODY_ENCODING,
  hasOtherCharset,
  isDecodable,
  QUERY_ENCODING,
  queryOf,
} from "../common/http/text.ts";
import { bodyTooLarge } from "../contract/requestProblems.ts";

/** The URL prefix under which every SockJS transport lives. */
export const ECHO_PREFIX = "/echo";

/** URLs that SockJS and Node.js parse alike: without `\` and `#`. */
const PLAIN_URL = /^[\w\-.~/?%&=+,;:@!$'()*]+$/;

/** The path of a session: the server's number, the session's id and the transport. */
const SESSION_PATH = new RegExp(`^${ECHO_PREFIX}/([^/]*)/([^/]*)/([^/]*)/?$`);

/** The page that other pages may load in a frame, to send requests from there. */
const FRAME_PATH = new RegExp(`^${ECHO_PREFIX}/iframe[^/]*$`);

/** A server's or session's id for SockJS, which decodes none, limited to 255 characters. */
const ID = /^[^./]{1,255}$/;

/** Name of a function in a page, which SockJS puts into a script. */
const CALLBACK = /^[\w.-]{1,32}$/;

/** Content types of messages, as SockJS accepts them. */
const TEXT = ["", "text/plain"];
const XHR_TEXT = [...TEXT, "T", "text/xml", "application/json", "application/xml"];
const FORM = "application/x-www-form-urlencoded";

/** A refusal of a request that SockJS would answer with 500, or not at all. */
export interface RequestRefusal {
  status: number;
  /** Label of the metric. */
  reason: "origin" | "request";
  detail: string;
}

/** Why a request is refused, apart from its body. */
export function refusalOf(request: IncomingMessage, origins: Origins): RequestRefusal | undefined {
  const { method, url = "" } = request;
  const [path = ""] = url.split("?", 1);
  const query = queryOf(url);
  if (!PLAIN_URL.test(url)) {
    return refusal(400, "the URL contains characters that must be percent-encoded");
  }
  if (!isDecodable(query)) {
    return refusal(400, QUERY_ENCODING);
  }
  if (!FRAME_PATH.test(path) && origins.isForbidden(request)) {
    return { ...refusal(403, forbiddenDetail(request)), reason: "origin" };
  }
  const [, server, session, transport = ""] = SESSION_PATH.exec(path) ?? [];
  if (server !== undefined && session !== undefined && !areIds(server, session)) {
    return refusal(404, "server and session must each have 1 to 255 characters without dots");
  }
  return method === "GET" && /^(jsonp|htmlfile)$/.test(transport) && !hasCallback(query)
    ? refusal(400, "parameter c must be a function name")
    : undefined;
}

/** Why a request for a WebSocket is refused; SockJS checks the handshake. */
export function upgradeRefusalOf(
  request: IncomingMessage,
  origins: Origins,
): RequestRefusal | undefined {
  const isWebSocket = /\/websocket\/?(\?|$)/.test(request.url ?? "");
  return (
    refusalOf(request, origins) ??
    (isWebSocket ? undefined : refusal(404, "this URL accepts no WebSocket"))
  );
}

/** Why the body of a sending request is refused. */
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
    return refusal(400, BODY_ENCODING);
  }
  if (type === FORM) {
    return isList(parse(text).d) ? undefined : refusal(400, "d must be a JSON list of messages");
  }
  return isList(text) ? undefined : refusal(400, "the body must be a JSON list of messages");
}

/** Reads a body; responds with 413 to one of more than `limit` bytes. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  onBody: (body: Buffer) => void,
): void {
  let bytes = 0;
  // Grows by doubling: a list of chunks could have an object for every byte.
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

/** Whether the Content-Length of a request is above the limit. */
export function announcesMore(request: IncomingMessage, limit: number): boolean {
  return Number(request.headers["content-length"] ?? 0) > limit;
}

export function refuseLarge(response: ServerResponse, limit: number): void {
  response.setHeader("Connection", "close");
  refuse(response, { status: 413, detail: bodyTooLarge(limit) });
}

export function refuse(
  response: ServerResponse,
  { status, detail }: Pick<RequestRefusal, "status" | "detail">,
): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${detail}\n`);
}

/** Excludes names of members of Object.prototype: SockJS keeps its sessions in an object. */
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
