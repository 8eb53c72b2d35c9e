import { createServer, connect, type AddressInfo, type Server } from "node:net";

/** A TCP proxy to the first of some ports, which sends every n-th connection to the second. */
export async function startStrayingFront(
  ports: readonly [number, number],
  everyNth: number,
): Promise<{ port: number; server: Server; strays: () => number }> {
  let connections = 0;
  const server = createServer({ noDelay: true }, (client) => {
    connections += 1;
    const upstream = connect(connections % everyNth === 0 ? ports[1] : ports[0], "127.0.0.1");
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const strays = (): number => Math.floor(connections / everyNth);
  return { port: (server.address() as AddressInfo).port, server, strays };
}
