import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

const servers = new Set<Server>();

/** Has a server listen on a free port until {@link stopServers}. Returns the port. */
export async function listenOn(server: Server): Promise<number> {
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Stops all servers that a test has started, with their connections. */
export function stopServers(): void {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  servers.clear();
}
