import { isUtf8 } from "node:buffer";
import type { Connection } from "sockjs";
import { AppServer } from "../common/server/appServer.ts";
import {
  INVALID,
  TEMPORARILY_UNAVAILABLE,
  SERVICE_RESTART,
  TOO_BIG,
  TOO_FAST,
  TRY_AGAIN_LATER,
} from "../contract/closeStatus.ts";
import type { FrameFault } from "../common/server/frameWatch.ts";
import { addPage } from "../common/server/servedPage.ts";
import { ServerContext, type ServerOptions } from "../common/server/serverContext.ts";
import { RateLimit } from "../common/http/rateLimit.ts";
import { maxBodyBytes } from "./limits.ts";
import { createSessionMetrics, type SessionMetrics } from "./sessionMetrics.ts";
import { disconnect, limitPoll, unreadBytes } from "./sockjsInternals.ts";
import { sockjsHandlers, type SessionListener } from "./sockjsServer.ts";

/** The page loads nothing from elsewhere; SockJS needs frames and forms for its fall-backs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "frame-src 'self'; form-action 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/** Seconds that a WebSocket's message may take. */
const MESSAGE_SECONDS = 60;

/**
 * How long a poll waits for messages, in milliseconds. A browser opens six connections to a host: what else a client
 * asks waits until a poll ends, and clients wait for ten seconds.
 */
const POLL_MS = 2500;

/** `readyState` of a SockJS connection that is open. */
const OPEN = 1;

export interface EchoServerOptions extends ServerOptions {
  /** Sessions that may be open at once; one more is closed with status 4013, "try again later". */
  maxSessions: number;
  /** Bytes of a message in UTF-8; a longer one closes its session with status 4009. */
  maxMessageBytes: number;
  /** Messages a second in a session, for a moment twice as many; a faster one is closed with status 4008. */
  maxMessagesPerSecond: number;
  /** Seconds that a WebSocket's message may take; a slower one closes its session with status 4009. @default 60 */
  messageSeconds?: number;
}

/** Why a session is closed: the reason in the metric, and the close status. */
const REFUSALS: Readonly<Record<FrameFault["kind"], [reason: string, status: number]>> = {
  frames: ["message", TOO_BIG],
  time: ["message", TOO_BIG],
  rate: ["rate", TOO_FAST],
  binary: ["message", INVALID],
};

/** `<time>(<last 5 characters of the replica's name>): <message>`. */
export function echoOf(message: string, replica: string, time: Date): string {
  return `${time.toISOString()}(${replica.slice(-5)}): ${message}`;
}

/** A SockJS server that sends every message back and says which replica did, and a page to try it. */
export function createEchoServer(options: EchoServerOptions): AppServer {
  const context = new ServerContext(options);
  const metrics = createSessionMetrics(context.registry);
  const sessions = new Set<Connection>();
  return new AppServer({
    context,
    addRoutes: (scope) => addPage(scope, "echo", PAGE_POLICY),
    ...sockjsHandlers(context, {
      maxBodyBytes: maxBodyBytes(options.maxMessageBytes),
      messageSeconds: options.messageSeconds ?? MESSAGE_SECONDS,
      onSession: acceptSession(context, sessions, metrics, options),
      onRefusal: ({ reason }) => metrics.refused.inc({ reason }),
    }),
    sessions: () =>
      [...sessions]
        .filter(({ readyState }) => readyState === OPEN)
        .map((session) => ({
          close: () => session.close(SERVICE_RESTART, "the replica is going away"),
        })),
  });
}

function acceptSession(
  { lifecycle }: ServerContext,
  sessions: Set<Connection>,
  metrics: SessionMetrics,
  options: EchoServerOptions,
): SessionListener {
  const { log, maxSessions } = options;
  return (session) => {
    const transport = session.protocol;
    if (lifecycle.isClosing) {
      session.close(SERVICE_RESTART, "the replica is going away");
      return undefined;
    }
    if (sessions.size >= maxSessions) {
      metrics.refused.inc({ reason: "sessions" });
      session.close(TRY_AGAIN_LATER, `the replica already has ${maxSessions} sessions`);
      return undefined;
    }
    const opened = Date.now();
    if (transport.endsWith("-polling")) {
      limitPoll(session, POLL_MS);
    }
    sessions.add(session);
    metrics.open.inc({ transport });
    metrics.opened.inc({ transport });
    log.info({ session: session.id, transport, client: session.remoteAddress }, "session opened");
    session.on("close", () => {
      const seconds = (Date.now() - opened) / 1000;
      sessions.delete(session);
      metrics.open.dec({ transport });
      metrics.age.observe(seconds);
      log.info({ session: session.id, transport, seconds }, "session closed");
    });
    return echoMessages(session, metrics, options);
  };
}

/** @returns refuses the session for a fault of its frames */
function echoMessages(
  session: Connection,
  metrics: SessionMetrics,
  { log, replica, maxMessageBytes, maxMessagesPerSecond }: EchoServerOptions,
): (fault: FrameFault) => void {
  const rate = new RateLimit(maxMessagesPerSecond);
  const maxUnread = maxBodyBytes(maxMessageBytes);
  let isRefused = false;
  const refuse = (reason: string, status: number, words: string): void => {
    isRefused = true;
    metrics.refused.inc({ reason });
    log.warn({ session: session.id, reason: words }, "session refused");
    // Later, because SockJS still reads what arrived with the message.
    setImmediate(() =>
      status === TEMPORARILY_UNAVAILABLE
        ? disconnect(session, status, words)
        : session.close(status, words),
    );
  };
  session.on("data", (data: unknown) => {
    if (isRefused) {
      return;
    }
    const message = textOf(data);
    const bytes = Buffer.byteLength(message ?? "");
    if (!rate.take()) {
      refuse("rate", TOO_FAST, `more than ${maxMessagesPerSecond} messages a second`);
    } else if (Buffer.isBuffer(data) && !isUtf8(data)) {
      refuse("message", INVALID, "a message is not UTF-8");
    } else if (message === undefined) {
      refuse("message", TOO_BIG, "a message is nested too deeply");
    } else if (bytes > maxMessageBytes) {
      const words = `a message has ${bytes} bytes; the limit is ${maxMessageBytes}`;
      refuse("message", TOO_BIG, words);
    } else {
      metrics.messages.inc({ transport: session.protocol });
      session.write(echoOf(message, replica, new Date()));
      if (unreadBytes(session) > maxUnread) {
        refuse("slow", TEMPORARILY_UNAVAILABLE, `more than ${maxUnread} bytes wait to be read`);
      }
    }
  });
  return ({ kind, detail }) => refuse(...REFUSALS[kind], detail);
}

/**
 * The text of a message. SockJS passes on any JSON, and the bytes of a binary frame. Undefined if it is nested too
 * deeply to be serialised.
 */
function textOf(data: unknown): string | undefined {
  if (typeof data === "string") {
    return data;
  }
  try {
    return Buffer.isBuffer(data) ? data.toString() : JSON.stringify(data);
  } catch {
    return undefined;
  }
}
