import { ServerResponse, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import sockjs, { type Connection } from "sockjs";
import type { AppServer, AppServerOptions, Interceptor } from "../common/server/appServer.ts";
import { FrameWatch } from "../common/server/frameWatch.ts";
import { SILENCE_MS } from "../contract/httpRouting.ts";
import * as guard from "./guard.ts";
import { deliverBody, dropCorsHeaders, FRAME_SCRIPT_HASH, webSocketOf } from "./sockjsInternals.ts";

/** With htmlfile every message comes as a script in a page. */
const HTMLFILE_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Where SockJS speaks its own protocol over a WebSocket. */
const SESSION_WEBSOCKET = new RegExp(`^${guard.ECHO_PREFIX}/[^/]+/[^/]+/websocket`);

export interface SockjsOptions extends AppServerOptions {
  /** Bytes of a request's body, or a WebSocket's frame. */
  maxBodyBytes: number;
  /** Seconds that a WebSocket's message may take. */
  messageSeconds: number;
  /** Called with null where the client has gone before its session was open; a WebSocket comes with its frames. */
  onSession: (session: Connection | null, frames?: FrameWatch) => void;
  onRefusal: (refusal: guard.RequestRefusal) => void;
}

/** Hands what is under the prefix to SockJS, unless it has faults. */
export function sockjsInterceptor(
  app: AppServer,
  { log, replica, maxBodyBytes, messageSeconds, onSession, onRefusal }: SockjsOptions,
): Interceptor {
  const echo = sockjs.createServer({
    prefix: guard.ECHO_PREFIX,
    sockjs_url: "/sockjs.min.js",
    faye_server_options: { maxLength: maxBodyBytes, headers: { "X-Replica": replica } },
    // What it tells of requests has the ids of sessions, and who knows one can talk in it.
    log: (severity, line) =>
      severity === "error" && log.warn({ reason: line.split("\n").slice(1) }, "SockJS failed"),
  });
  const watches = new WeakMap<Duplex, FrameWatch>();
  echo.on("connection", (session: Connection | null) => {
    const socket = session === null ? undefined : webSocketOf(session);
    onSession(session, socket && watches.get(socket));
  });
  const handle = echo.middleware();

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = guard.refusalOf(request, app.origins);
    if (refusal !== undefined) {
      onRefusal(refusal);
      guard.refuse(response, refusal);
      return;
    }
    prepare(request, response, app.origins.frameAncestors);
    if (guard.announcesMore(request, maxBodyBytes)) {
      guard.refuseLarge(response, maxBodyBytes);
    } else if (request.method !== "POST") {
      handle(request, response);
    } else {
      guard.readBody(request, response, maxBodyBytes, (body) => {
        const bodyRefusal = guard.bodyRefusalOf(request, body);
        if (bodyRefusal !== undefined) {
          onRefusal(bodyRefusal);
          guard.refuse(response, bodyRefusal);
        } else if (!request.socket.destroyed) {
          handle(request, response);
          deliverBody(request, body);
        }
      });
    }
  };
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const refusal = guard.upgradeRefusalOf(request, app.origins);
    if (refusal !== undefined) {
      onRefusal(refusal);
      app.refuse(socket, refusal.status);
      return;
    }
    // Frames of the protocol are text; what a raw WebSocket sends may be either.
    const isBinaryAllowed = !SESSION_WEBSOCKET.test(request.url ?? "");
    watches.set(socket, new FrameWatch(socket, { messageSeconds, isBinaryAllowed }, head));
    handle(request, socket, head);
    // SockJS' own sessions are never silent for so long; who has a raw WebSocket may be gone.
    request.socket.setTimeout(SILENCE_MS, () => socket.destroy());
  };
  return (request, response, head = Buffer.alloc(0)) => {
    if (!/^\/echo(\/|$)/.test(request.url ?? "")) {
      return false;
    }
    if (response instanceof ServerResponse) {
      answer(request, response);
    } else {
      response.on("error", () => response.destroy());
      upgrade(request, response, head);
    }
    return true;
  };
}

/** Sets the policies of pages for frames, and leaves CORS to the server. */
function prepare({ url = "" }: IncomingMessage, response: ServerResponse, ancestors: string): void {
  if (/\/htmlfile\/?(\?|$)/.test(url)) {
    response.setHeader(
      "Content-Security-Policy",
      `${HTMLFILE_POLICY}; frame-ancestors ${ancestors}`,
    );
  } else if (url.startsWith(`${guard.ECHO_PREFIX}/iframe`)) {
    response.setHeader(
      "Content-Security-Policy",
      `default-src 'none'; script-src 'self' 'sha256-${FRAME_SCRIPT_HASH}'; connect-src 'self'; frame-src 'self'; ` +
        `base-uri 'none'; form-action 'self'; frame-ancestors ${ancestors}`,
    );
  }
  dropCorsHeaders(response);
}
