import type { Socket } from "node:net";
import { createLog, LOG_LEVELS } from "../app/common/log.ts";
import { numberFrom, oneOf, parseSettings, textLike } from "../app/common/settings.ts";
import { createEchoServer } from "../app/echo/server.ts";
import { monotonicMs, type Offer, type Reply } from "./protocol.ts";

/**
 * One replica of the local run: the app's own server, whose connections the front accepts and hands
 * over. Its own port, on loopback, is for health checks and metrics.
 */
const env = parseSettings(
  {
    REPLICA_NAME: textLike(/^.+$/, "a name", "echo-00001"),
    DRAIN_SECONDS: numberFrom(0, 3600, 2),
    LOG_LEVEL: oneOf(LOG_LEVELS).default("info"),
  },
  process.env,
);
const log = createLog({ replica: env.REPLICA_NAME }, env.LOG_LEVEL, 2);
const server = createEchoServer({
  replica: env.REPLICA_NAME,
  drainSeconds: env.DRAIN_SECONDS,
  maxSessions: 800,
  maxMessageBytes: 65536,
  log,
});

process.on("message", ({ id, until }: Offer, socket?: Socket) => {
  const takes = socket !== undefined && !server.lifecycle.isClosing && monotonicMs() < until;
  tellFront({ type: takes ? "accepted" : "declined", id });
  if (takes) {
    server.http.emit("connection", socket);
    socket.resume();
  } else {
    socket?.destroy();
  }
});

// Without its front a replica serves nobody: nothing may be left when the front was killed.
process.on("disconnect", () => process.exit(1));

process.on("SIGINT", leaveToFront);
process.on("SIGHUP", leaveToFront);

process.once("SIGTERM", () => {
  void server.drain().then(() => log.flush(() => process.exit(0)));
});

const { port } = await server.listen(0, "127.0.0.1");
tellFront({ type: "listening", port });

function leaveToFront(): void {
  // A terminal signals the whole process group; the front decides what becomes of the replicas.
}

function tellFront(reply: Reply): void {
  if (process.connected) {
    process.send?.(reply);
  }
}
