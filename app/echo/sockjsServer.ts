import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import sockjs, { type Connection } from "sockjs";
import type { AppServerOptions } from "../common/server/appServer.ts";
import { watchFrames, type FrameFault } from "../common/server/frameWatch.ts";
import type { ServerContext } from "../common/server/serverContext.ts";
import { silenceMs } from "../contract/httpRouting.ts";
import * as guard from "./guard.ts";
import { deliverBody, dropCorsHeaders, FRAME_SCRIPT_HASH, webSocketOf } from "./sockjsInternals.ts";

/** With htmlfile every message arrives as a script in a page. */
const HTMLFILE_POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Where SockJS speaks its own protocol over a WebSocket. */
const SESSION_WEBSOCKET = new RegExp(`^${guard.ECHO_PREFIX}/[^/]+/[^/]+/websocket`);

/** Called with each session that is opened; what it returns is called when the frames of its WebSocket have a fault. */
export type SessionListener = (session: Connection) => ((fault: FrameFault) => void) | undefined;

export interface SockjsOptions {
  /** Bytes of a request's body, or a WebSocket's frame. */
  maxBodyBytes: number;
  /** Seconds that a WebSocket's message may take. */
  messageSeconds: number;
  onSession: SessionListener;
  onRefusal: (refusal: guard.RequestRefusal) => void;
}

/** Passes requests under the prefix to SockJS, unless they have faults. */
export function sockjsHandlers(
  context: ServerContext,
  { maxBodyBytes, messageSeconds, onSession, onRefusal }: SockjsOptions,
): Required<Pick<AppServerOptions, "handleRequest" | "handleUpgrade">> {
  const { origins } = context;
  const { idleTimeoutSeconds, log, replica } = context.options;
  const echo = sockjs.createServer({
    prefix: guard.ECHO_PREFIX,
    sockjs_url: "/sockjs.min.js",
    faye_server_options: { maxLength: maxBodyBytes, headers: { "X-Replica": replica } },
    // Its lines about requests contain ids of sessions, which give access to them.
    log: (severity, line) =>
      severity === "error" && log.warn({ reason: line.split("\n").slice(1) }, "SockJS failed"),
  });
  const faultListeners = new WeakMap<Duplex, (fault: FrameFault) => void>();
  echo.on("connection", (session: Connection | null) => {
    // A session is null if its client has disconnected while it was being opened.
    const socket = session === null ? undefined : webSocketOf(session);
    const onFault = session === null ? undefined : onSession(session);
    if (socket !== undefined && onFault !== undefined) {
      faultListeners.set(socket, onFault);
    }
  });
  const handle = echo.middleware();

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = guard.refusalOf(request, origins);
    if (refusal !== undefined) {
      onRefusal(refusal);
      guard.refuse(response, refusal);
      return;
    }
    prepare(request, response, origins.frameAncestors);
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
    const refusal = guard.upgradeRefusalOf(request, origins);
    if (refusal !== undefined) {
      onRefusal(refusal);
      context.refuse(socket, refusal.status);
      return;
    }
    // Frames of the protocol are text; what a raw WebSocket sends may be either.
    const isBinaryAllowed = !SESSION_WEBSOCKET.test(request.url ?? "");
    const onFault = (fault: FrameFault): void => {
      const listener = faultListeners.get(socket);
      if (listener === undefined) {
        socket.destroy();
      } else {
        listener(fault);
      }
    };
    watchFrames(socket, { messageSeconds, isBinaryAllowed, onFault }, head);
    handle(request, socket, head);
    // SockJS' own sessions are never silent for so long, but the client of a raw WebSocket may have disconnected.
    request.socket.setTimeout(silenceMs(idleTimeoutSeconds), () => socket.destroy());
  };
  return {
    handleRequest: (request, response) => {
      const isOurs = isUnderPrefix(request);
      if (isOurs) {
        answer(request, response);
      }
      return isOurs;
    },
    handleUpgrade: (request, socket, head) => {
      const isOurs = isUnderPrefix(request);
      if (isOurs) {
        socket.on("error", () => socket.destroy());
        upgrade(request, socket, head);
      }
      return isOurs;
    },
  };
}

function isUnderPrefix({ url = "" }: IncomingMessage): boolean {
  return /^\/echo(\/|$)/.test(url);
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
