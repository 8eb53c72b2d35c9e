import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createProxyServer } from "http-proxy-3";

const proxies = new Set<Server>();

/** Starts a proxy that puts the name of its target into the header Host; its origin. */
export async function startHostProxy(target: string): Promise<string> {
  const proxy = createProxyServer({ target, changeOrigin: true });
  proxy.on("error", () => undefined);
  const server = createServer((request, response) => {
    proxy.web(request, response);
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    proxy.ws(request, socket, head);
  });
  proxies.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends what a test has started. */
export function endHostProxies(): void {
  proxies.forEach((proxy) => proxy.close());
  proxies.forEach((proxy) => proxy.closeAllConnections());
  proxies.clear();
}
