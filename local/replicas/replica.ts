import type { Socket } from "node:net";
import { createAppProcess } from "../../app/process.ts";
import { monotonicMs, type Offer, type Reply } from "./handOver.ts";
import { closeWhenIdle } from "./idleSocket.ts";

/**
 * One replica of the local run: the app's own server, whose connections the front accepts and hands
 * over. Its own ports, on loopback, are for health checks and for metrics.
 */

// Exits when the front was killed, because nothing else sends clients to a replica.
process.on("disconnect", () => process.exit(1));

const { server, drain } = await createAppProcess(process.env, 2);

process.on("message", ({ id, idleMs, until }: Offer, socket?: Socket) => {
  const isAccepted = socket !== undefined && !server.lifecycle.isClosing && monotonicMs() < until;
  sendToFront({ type: isAccepted ? "accepted" : "declined", id });
  if (isAccepted) {
    // As for connections that the server accepts itself.
    socket.allowHalfOpen = true;
    closeWhenIdle(socket, idleMs);
    server.http.emit("connection", socket);
    socket.resume();
  } else {
    socket?.destroy();
  }
});

// A second signal joins the drain.
process.on("SIGTERM", () => void drain().then(() => process.exit(0)));

const ports = await server.listen({ port: 0, metricsPort: 0 }, "127.0.0.1");
sendToFront({ type: "listening", ...ports });
await server.prepared;

function sendToFront(reply: Reply): void {
  if (process.connected) {
    process.send?.(reply);
  }
}
