import { createServer, type IncomingMessage } from "node:http";
import { createProxyServer } from "http-proxy-3";
import { listenOn } from "./servers.ts";

/** A request as a front sees it. */
export interface Arrival {
  /** How many were before it. */
  number: number;
  /** The client's address. */
  source: string;
  isUpgrade: boolean;
  path: string;
}

/** Chooses a replica for a request; undefined for none, which is answered 502. */
export type Policy = (arrival: Arrival) => number | undefined;

/** Starts a front of replicas on these ports, for requests and upgrades. */
export async function startFront(ports: readonly number[], choose: Policy) {
  const proxy = createProxyServer({ agent: false });
  proxy.on("error", (_error, _request, response) => response.destroy());
  let arrivals = 0;
  const targetOf = (request: IncomingMessage, isUpgrade: boolean): string | undefined => {
    const { socket, url: path = "" } = request;
    const arrival = { number: arrivals, source: socket.remoteAddress ?? "", isUpgrade, path };
    arrivals += 1;
    const replica = choose(arrival);
    return replica === undefined ? undefined : `http://127.0.0.1:${ports[replica]}`;
  };
  const server = createServer((request, response) => {
    const target = targetOf(request, false);
    if (target === undefined) {
      response.writeHead(502).end();
    } else {
      proxy.web(request, response, { target });
    }
  });
  server.on("upgrade", (request, socket, head) => {
    const target = targetOf(request, true);
    if (target === undefined) {
      socket.end("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n");
    } else {
      proxy.ws(request, socket, head, { target });
    }
  });
  return { port: await listenOn(server), arrivals: () => arrivals };
}

/** The same replica for the same address, of two. */
export const bySource: Policy = ({ source }) => Number(source.split(".").at(-1)) % 2;

/** Any replica, of two. */
export const anyReplica: Policy = () => Math.floor(Math.random() * 2);

/** Fronts that stick only partly. */
export const stickyOnlyForWebSockets: Policy = (arrival) =>
  (arrival.isUpgrade ? bySource : anyReplica)(arrival);

export function stickyFor(milliseconds: number): Policy {
  let started: number | undefined;
  return (arrival) => {
    started ??= Date.now();
    return (Date.now() - started < milliseconds ? bySource : anyReplica)(arrival);
  };
}

export function strayOneIn(many: number): Policy {
  return (arrival) => {
    const replica = bySource(arrival) ?? 0;
    return arrival.number % many === many - 1 ? 1 - replica : replica;
  };
}

/** Fails a part of all requests. */
export function failing(part: number): Policy {
  return (arrival) => (Math.random() < part ? undefined : bySource(arrival));
}
