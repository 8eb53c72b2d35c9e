import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Connection } from "sockjs";
import utils from "sockjs/lib/utils.js";

/**
 * Everything that the echo reads or changes in sockjs 0.3.24 beyond its API. An upgrade of sockjs must be checked against
 * this file: each function names the test that fails without it.
 */

/** The hash of the script in SockJS' page for frames. (tests/app/common/headers.test.ts) */
export const FRAME_SCRIPT_HASH = createHash("sha256")
  .update("\n    document.domain = document.domain;\n    SockJS.bootstrap_iframe();\n  ")
  .digest("base64");

// Transport htmlfile sends each message as a script: HTML in a message must not end it. (tests/app/common/headers.test.ts)
const quote = utils.quote;
utils.quote = (text) => quote(text).replaceAll("<", "\\u003c");

/** The socket of a session that is a WebSocket. (tests/app/common/frames.test.ts) */
export function webSocketOf({ _session: { recv } }: Connection): Socket | undefined {
  return recv?.connection;
}

/** Ends a poll after this time without a message: SockJS' heartbeats end polls, too. (tests/app/echo/page.test.ts) */
export function limitPoll(session: Connection, milliseconds: number): void {
  session._session.heartbeat_delay = milliseconds;
}

/** Bytes, or characters, of a session's messages that its client has not read yet. (tests/app/echo/limits.test.ts) */
export function unreadBytes({ _session: { recv, send_buffer: waiting = [] } }: Connection): number {
  const written = (recv?.connection ?? recv?.response)?.writableLength ?? 0;
  return waiting.reduce((sum, { length }) => sum + length, written);
}

/** Closes a session and its connection: a client that does not read would not read a close frame. (tests/app/echo/limits.test.ts) */
export function disconnect(session: Connection, status: number, reason: string): void {
  const { recv } = session._session;
  const socket = recv?.connection ?? recv?.response?.socket;
  session.close(status, reason);
  socket?.destroy();
}

/** Passes a body on to SockJS as one chunk: with each chunk it copies all chunks before. (tests/app/echo/limits.test.ts) */
export function deliverBody(request: IncomingMessage, body: Buffer): void {
  request.emit("data", body);
  request.emit("end");
}

/** Drops SockJS' own CORS headers, which allow every page to read the response. (tests/app/common/origins.test.ts) */
export function dropCorsHeaders(response: ServerResponse): void {
  const set = response.setHeader.bind(response);
  response.setHeader = (name, value) =>
    /^access-control-/i.test(name) ? response : set(name, value);
}
