import { pino } from "pino";
import type { AppServer } from "../../app/common/server/appServer.ts";
import { createEchoServer, type EchoServerOptions } from "../../app/echo/server.ts";
import { listen } from "../drivers/metrics.ts";

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
  const origin = await listen(server, onPort);
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
