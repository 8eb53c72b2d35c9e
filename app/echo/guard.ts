import type { IncomingMessage, ServerResponse } from "node:http";
import { parse } from "node:querystring";
import type { Origins } from "../common/origins.ts";

/** The URL prefix under which every SockJS transport lives. */
export const ECHO_PREFIX = "/echo";

/** What SockJS and Node.js read in the same way: neither `\` nor `#`, of which SockJS makes something else. */
const PLAIN_URL = /^[\w\-.~/?%&=+,;:@!$'()*]+$/;

/** A path of a session: below a number that load balancers may go by, and its id. */
const SESSION_PATH = new RegExp(`^${ECHO_PREFIX}/([^/]*)/([^/]*)/([^/]*)/?$`);

/** The page that another page may have in a frame, to ask from there. */
const FRAME_PATH = new RegExp(`^${ECHO_PREFIX}/iframe[^/]*$`);

const ID = /^[\w-]{1,64}$/;

/** Name of a function in a page, which comes into a script. */
const CALLBACK = /^[\w.-]{1,32}$/;

/** Types under which messages are sent: SockJS' own lists. */
const TEXT = ["", "text/plain"];
const XHR_TEXT = [...TEXT, "T", "text/xml", "application/json", "application/xml"];
const FORM = "application/x-www-form-urlencoded";

/** Why a request does not get to SockJS, which would answer 500, or nothing at all. */
export interface Fault {
  status: number;
  /** As the metric has it. */
  reason: "origin" | "request";
  detail: string;
}

/** What is wrong with a request, apart from its body. */
export function faultOf(request: IncomingMessage, origins: Origins): Fault | undefined {
  const { method, url = "" } = request;
  const [path = "", query = ""] = url.split("?", 2);
  if (!PLAIN_URL.test(url)) {
    return fault(400, "the URL has characters that belong percent-encoded");
  }
  if (!FRAME_PATH.test(path) && origins.isStranger(request)) {
    return { ...fault(403, "the request comes from a page of another origin"), reason: "origin" };
  }
  const [, server, session, transport = ""] = SESSION_PATH.exec(path) ?? [];
  if (server !== undefined && session !== undefined && !(isId(server) && isId(session))) {
    return fault(404, "server and session are 1 to 64 letters, digits, hyphens and underscores");
  }
  return method === "GET" && /^(jsonp|htmlfile)$/.test(transport) && !hasCallback(query)
    ? fault(400, "the parameter c is to be the name of a function")
    : undefined;
}

/** What is wrong with a request for a WebSocket, apart from its handshake, which SockJS checks. */
export function upgradeFaultOf(request: IncomingMessage, origins: Origins): Fault | undefined {
  const { method, url = "" } = request;
  const isWebSocket = method === "GET" && /\/websocket\/?(\?|$)/.test(url);
  return (
    faultOf(request, origins) ?? (isWebSocket ? undefined : fault(404, "there is no WebSocket"))
  );
}

/** What is wrong with the body of a request that sends messages. */
export function bodyFaultOf(request: IncomingMessage, body: string): Fault | undefined {
  const path = (request.url ?? "").replace(/\/?(\?.*)?$/, "");
  const isForm = path.endsWith("/jsonp_send");
  if (!isForm && !path.endsWith("/xhr_send")) {
    return undefined;
  }
  const [type = ""] = (request.headers["content-type"] ?? "").split(";");
  if (isForm && type === FORM) {
    return isList(parse(body).d) ? undefined : fault(400, "d is to be a JSON list of messages");
  }
  if (!(isForm ? TEXT : XHR_TEXT).includes(type)) {
    return fault(415, "allowed is text/plain");
  }
  return isList(body) ? undefined : fault(400, "the body is to be a JSON list of messages");
}

/** Reads a body; what has more bytes than `limit` is answered 413, announced or met while reading. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
  onBody: (body: string) => void,
): void {
  let bytes = 0;
  let body = "";
  request.setEncoding("utf8");
  const take = (chunk: string): void => {
    bytes += Buffer.byteLength(chunk);
    body += chunk;
    if (bytes > limit) {
      request.removeAllListeners();
      refuseLarge(response, limit);
      request.destroy();
    }
  };
  request.on("data", take);
  request.once("end", () => {
    request.off("data", take);
    onBody(body);
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
  { status, detail }: Pick<Fault, "status" | "detail">,
): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${detail}\n`);
}

/** SockJS keeps its sessions in an object that has members of its own. */
function isId(text: string): boolean {
  return ID.test(text) && !(text in Object.prototype);
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

function fault(status: number, detail: string): Fault {
  return { status, reason: "request", detail };
}
