import { ServerResponse } from "node:http";
import sockjs, { type Connection } from "sockjs";
import { AppServer, type AppServerOptions, type Interceptor } from "../common/appServer.ts";
import { addPage } from "../common/page.ts";
import {
  maxBodyBytes,
  MESSAGE_TOO_BIG,
  refuseLargeBody,
  SERVICE_RESTART,
  TRY_AGAIN_LATER,
} from "./limits.ts";
import { createSessionMetrics } from "./sessionMetrics.ts";

/** The URL prefix under which every SockJS transport lives. */
export const ECHO_PREFIX = "/echo";

/** The page loads nothing from elsewhere; SockJS needs frames and forms for its fall-backs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "frame-src 'self'; form-action 'self'; img-src 'self' data:";

/** `readyState` of a SockJS connection that is open. */
const OPEN = 1;

export interface EchoServerOptions extends AppServerOptions {
  /** Sessions that may be open at once; one more is closed with status 4013, "try again later". */
  maxSessions: number;
  /** Bytes of a message in UTF-8; a longer one closes its session with status 4009. */
  maxMessageBytes: number;
}

/** `<time>(<last 5 characters of the replica's name>): <message>`. */
export function echoOf(message: string, replica: string, time: Date): string {
  return `${time.toISOString()}(${replica.slice(-5)}): ${message}`;
}

/** A SockJS server that sends every message back and says which replica did, and a page to try it. */
export function createEchoServer(options: EchoServerOptions): AppServer {
  const app = new AppServer(options);
  const sessions = new Set<Connection>();
  app.sessions = () =>
    [...sessions]
      .filter(({ readyState }) => readyState === OPEN)
      .map((session) => ({
        close: () => session.close(SERVICE_RESTART, "the replica is going away"),
      }));
  app.intercept = sockjsInterceptor(options, acceptSession(app, sessions, options));
  void app.fastify.register((scope) => addPage(scope, "echo", PAGE_POLICY));
  return app;
}

/** Hands what is under the prefix to SockJS, unless its body is too large. */
function sockjsInterceptor(
  { log, replica, maxMessageBytes }: EchoServerOptions,
  onSession: (session: Connection) => void,
): Interceptor {
  const limit = maxBodyBytes(maxMessageBytes);
  const echo = sockjs.createServer({
    prefix: ECHO_PREFIX,
    sockjs_url: "/sockjs.min.js",
    faye_server_options: { maxLength: limit, headers: { "X-Replica": replica } },
    log: (severity, line) => {
      log[severity === "error" ? "error" : "debug"](line);
    },
  });
  echo.on("connection", onSession);
  const handle = echo.middleware();
  return (request, response, head) =>
    (response instanceof ServerResponse && refuseLargeBody(request, response, limit)) ||
    handle(request, response, head);
}

function acceptSession(
  app: AppServer,
  sessions: Set<Connection>,
  { log, replica, maxSessions, maxMessageBytes }: EchoServerOptions,
): (session: Connection) => void {
  const metrics = createSessionMetrics(app.registry);
  return (session) => {
    const transport = session.protocol;
    if (app.lifecycle.isClosing) {
      session.close(SERVICE_RESTART, "the replica is going away");
      return;
    }
    if (sessions.size >= maxSessions) {
      metrics.refused.inc({ reason: "sessions" });
      session.close(TRY_AGAIN_LATER, `the replica has its ${maxSessions} sessions`);
      return;
    }
    const opened = Date.now();
    sessions.add(session);
    metrics.open.inc({ transport });
    metrics.opened.inc({ transport });
    log.info({ session: session.id, transport, client: session.remoteAddress }, "session opened");

    session.on("data", (data: unknown) => {
      const message = textOf(data);
      const bytes = Buffer.byteLength(message);
      if (bytes > maxMessageBytes) {
        metrics.refused.inc({ reason: "message" });
        log.warn({ session: session.id, bytes }, "message refused");
        const reason = `a message has ${bytes} bytes, allowed are ${maxMessageBytes}`;
        session.close(MESSAGE_TOO_BIG, reason);
        return;
      }
      metrics.messages.inc({ transport });
      session.write(echoOf(message, replica, new Date()));
    });
    session.on("close", () => {
      const seconds = (Date.now() - opened) / 1000;
      sessions.delete(session);
      metrics.open.dec({ transport });
      metrics.age.observe(seconds);
      log.info({ session: session.id, transport, seconds }, "session closed");
    });
  };
}

/** SockJS passes on whatever JSON a client sends, and the bytes of a binary frame. */
function textOf(data: unknown): string {
  if (typeof data === "string") {
    return data;
  }
  return Buffer.isBuffer(data) ? data.toString() : JSON.stringify(data);
}
