import { readFileSync } from "node:fs";
import { request } from "undici";
import type { AppServer } from "../../app/common/server/appServer.ts";

/** Where the servers of tests have their metrics, by their origins. */
const metricsOrigins = new Map<string, string>();

/** Has a server listen on loopback, on a free port unless it has to be a certain one; its origin. */
export async function listen(server: AppServer, onPort = 0): Promise<string> {
  const ports = await server.listen({ port: onPort, metricsPort: 0 }, "127.0.0.1");
  const origin = `http://127.0.0.1:${ports.port}`;
  metricsOrigins.set(origin, `http://127.0.0.1:${ports.metricsPort}`);
  return origin;
}

/** Where a server has its metrics; that of another process has to be known. */
export function metricsOriginOf(origin: string): string {
  return metricsOrigins.get(origin) ?? origin;
}

/** All metrics of a server, as Prometheus gets them; on a connection of its own, which no server has given up. */
export async function metricsOf(origin: string): Promise<string> {
  const url = new URL("/metrics", metricsOriginOf(origin));
  try {
    const { body } = await request(url, { reset: true });
    return await body.text();
  } catch (cause) {
    const listener = isListening(Number(url.port)) ? "a process" : "no process";
    throw new Error(`${url.href} does not answer; ${listener} listens on its port`, { cause });
  }
}

/** Whether any process listens on a port, as Linux tells. */
function isListening(port: number): boolean {
  const [, ...sockets] = readFileSync("/proc/net/tcp", "utf8").trimEnd().split("\n");
  return sockets.some((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    return state === "0A" && parseInt(local.split(":")[1] ?? "", 16) === port;
  });
}

/** A metric's value by its labels, such as `sockjs_sessions{transport="websocket"}`. */
export async function metric(origin: string, name: string): Promise<number | undefined> {
  const line = (await metricsOf(origin)).split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
