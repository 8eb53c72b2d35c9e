import type { KeyRoute } from "./keyRoute.ts";

/**
 * Seconds for which a WebSocket may be idle, which AWS fixes for Network Load Balancers with TLS. Servers ping more often.
 */
export const WEBSOCKET_IDLE_SECONDS = 350;

/**
 * Milliseconds for which a server keeps an idle connection. A load balancer must close it first, or it may send a request on a
 * connection that the server is closing, and answer 502
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
 */
export const SILENCE_MS = (WEBSOCKET_IDLE_SECONDS + 15) * 1000;

/** A cookie that an app sets and by which a load balancer keeps a browser on its replica. */
export interface StickyCookie {
  name: string;
  /** Seconds after the last response for which a load balancer follows it. */
  maxAgeSeconds: number;
}

/** What a load balancer must know about an app's requests. */
export interface HttpRouting {
  cookie: StickyCookie;
  keyRoutes: readonly KeyRoute[];
  /** Seconds for which a connection may be idle, and a response may take. */
  idleTimeoutSeconds: number;
}
