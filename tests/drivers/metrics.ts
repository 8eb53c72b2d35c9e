import { readFileSync } from "node:fs";
import { request } from "undici";
import type { AppServer } from "../../app/common/server/appServer.ts";

/** Where the servers of this process have their metrics, by their origins. */
const metricsOrigins = new Map<string, string>();

/** Makes a server listen on loopback, on a free port by default; returns its origin. */
export async function listen(server: AppServer, onPort = 0): Promise<string> {
  const ports = await server.listen({ port: onPort, metricsPort: 0 }, "127.0.0.1");
  const origin = `http://127.0.0.1:${ports.port}`;
  metricsOrigins.set(origin, `http://127.0.0.1:${ports.metricsPort}`);
  return origin;
}

/** Where a server of this process has its metrics. */
export function metricsOriginOf(origin: string): string {
  const metricsOrigin = metricsOrigins.get(origin);
  if (metricsOrigin === undefined) {
    throw new Error(`${origin} is no server of this process`);
  }
  return metricsOrigin;
}

/** All metrics of a server of this process. */
export function metricsOf(origin: string): Promise<string> {
  return metricsAt(metricsOriginOf(origin));
}

/** A metric's value in a server of this process by its labels, such as `sockjs_sessions{transport="websocket"}`. */
export async function metric(origin: string, name: string): Promise<number | undefined> {
  return valueIn(await metricsOf(origin), name);
}

/** The same of any process, by the origin of its metrics, which another server here may have had as its own before. */
export async function metricAt(metricsOrigin: string, name: string): Promise<number | undefined> {
  return valueIn(await metricsAt(metricsOrigin), name);
}

/** All metrics at an origin, as Prometheus gets them; on a connection of its own, which no server has given up. */
export async function metricsAt(metricsOrigin: string): Promise<string> {
  const url = new URL("/metrics", metricsOrigin);
  try {
    const { body } = await request(url, { reset: true });
    return await body.text();
  } catch (cause) {
    const listener = isListening(Number(url.port)) ? "a process" : "no process";
    throw new Error(`${url.href} does not answer; ${listener} listens on its port`, { cause });
  }
}

function valueIn(metrics: string, name: string): number | undefined {
  const line = metrics.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

/** Whether any process listens on a port, as Linux reports. */
function isListening(port: number): boolean {
  const [, ...sockets] = readFileSync("/proc/net/tcp", "utf8").trimEnd().split("\n");
  return sockets.some((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    return state === "0A" && parseInt(local.split(":")[1] ?? "", 16) === port;
  });
}
