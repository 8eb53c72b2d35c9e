import type { AddressInfo, Server, Socket } from "node:net";

/** The servers that listen, with their connections. */
const servers = new Map<Server, Set<Socket>>();

/** Has a server listen on a free port until {@link stopServers}. Returns the port. */
export async function listenOn(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  servers.set(server, sockets);
  server.on("connection", (socket) => {
    sockets.add(socket);
    // Clients may reset their connections.
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Stops all servers that a test has started, with their connections. */
export function stopServers(): void {
  for (const [server, sockets] of servers) {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  }
  servers.clear();
}
