import { createServer } from "node:http";
import { Server as SocketServer } from "socket.io";
import { WebSocketServer } from "ws";
import { listenOn } from "./servers.ts";

export interface ReplicaOptions {
  /** Messages of which one is not sent back. @default - none is lost */
  losesOneIn?: number;
}

/**
 * Starts replicas with these names, each with a resource, a stream of events, an echo over WebSockets, and the
 * namespaces `/` and `/own` of Socket.IO. They name
 * themselves in the header `X-Replica`, in a JSON body, in the first event and in the first message.
 *
 * @returns their ports
 */
export function startReplicas(
  names: readonly string[],
  options: ReplicaOptions = {},
): Promise<number[]> {
  return Promise.all(names.map((name) => startReplica(name, options)));
}

async function startReplica(
  name: string,
  { losesOneIn = Infinity }: ReplicaOptions,
): Promise<number> {
  const named = JSON.stringify({ server: { name } });
  const headers = { "X-Replica": name };
  const server = createServer((request, response) => {
    if (request.url === "/events") {
      response.writeHead(200, { ...headers, "Content-Type": "text/event-stream" });
      response.write(`: hello\n\nevent: welcome\ndata: ${named}\n\n`);
    } else {
      response.writeHead(200, headers).end(named);
    }
  });
  const io = new SocketServer(server, { destroyUpgrade: false });
  io.engine.on("headers", (sent: Record<string, string>) => Object.assign(sent, headers));
  io.of("/own").on("connection", (socket) => socket.emit("welcome", { server: { name } }));
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (!request.url?.startsWith("/socket.io/")) {
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client));
    }
  });
  let received = 0;
  sockets.on("headers", (lines) => lines.push(`X-Replica: ${name}`));
  sockets.on("connection", (socket) => {
    socket.send(named);
    socket.on("message", (message: Buffer) => {
      received += 1;
      if (received % losesOneIn !== 0) {
        socket.send(message.toString());
      }
    });
  });
  return listenOn(server);
}
