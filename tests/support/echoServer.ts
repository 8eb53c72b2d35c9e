import { pino } from "pino";
import type { AppServer } from "../../app/common/appServer.ts";
import { createEchoServer, type EchoServerOptions } from "../../app/echo/server.ts";

const running = new Set<AppServer>();

export interface TestServer {
  server: AppServer;
  /** Origin, such as `http://127.0.0.1:1234`. */
  origin: string;
  /** SockJS prefix. */
  url: string;
  /** Log lines so far. */
  log: string[];
}

/** Starts an echo server, on a free port unless it has to be a certain one. */
export async function startEchoServer(
  options: Partial<EchoServerOptions> = {},
  onPort = 0,
): Promise<TestServer> {
  const log: string[] = [];
  const server = createEchoServer({
    replica: "echo-7d9c5b7f4-x2k9p",
    drainSeconds: 0,
    maxSessions: 100,
    maxMessageBytes: 1000,
    maxMessagesPerSecond: 1000,
    log: pino({ level: "debug" }, { write: (line: string) => log.push(line) }),
    ...options,
  });
  running.add(server);
  const { port } = await server.listen(onPort, "127.0.0.1");
  const origin = `http://127.0.0.1:${port}`;
  return { server, origin, url: `${origin}/echo`, log };
}

/** Ends all servers that a test has started. */
export async function stopEchoServers(): Promise<void> {
  await Promise.all(
    [...running].map((server) => {
      // What the tests' own clients keep open is not waited for.
      server.http.closeIdleConnections();
      return server.drain();
    }),
  );
  running.clear();
}

/** A metric's value by its labels, such as `sockjs_sessions{transport="websocket"}`. */
export async function metric(origin: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
