import { createServer, type Server } from "node:http";
import type { Registry } from "prom-client";

/**
 * Serves metrics to Prometheus at `/metrics`, on a port of its own that no load balancer forwards to.
 */
export function createMetricsServer(registry: Registry): Server {
  return createServer((request, response) => {
    const { method = "", url = "" } = request;
    if (url.split("?", 1)[0] !== "/metrics") {
      response.writeHead(404).end();
    } else if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { Allow: "GET, HEAD" }).end();
    } else {
      void registry.metrics().then(
        (text) => response.writeHead(200, { "Content-Type": registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    }
  });
}
