import type { KeyRoute } from "./keyRoute.ts";

/**
 * Seconds for which a WebSocket may be silent, as AWS fixes it for a Network Load Balancer with TLS; servers ping more
 * often.
 */
export const WEBSOCKET_IDLE_SECONDS = 350;

/**
 * How long a server keeps a silent connection, in milliseconds: longer than a load balancer does, which else sends a
 * request on a connection that is being closed and answers 502
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
 */
export const SILENCE_MS = (WEBSOCKET_IDLE_SECONDS + 15) * 1000;

/** A cookie that an app sets, and by which a load balancer keeps a browser on its replica. */
export interface StickyCookie {
  name: string;
  /** Seconds after the last response for which a load balancer follows it. */
  maxAgeSeconds: number;
}

/** What a load balancer has to know of an app's requests. */
export interface HttpRouting {
  cookie: StickyCookie;
  keyRoutes: readonly KeyRoute[];
  /** Seconds for which a connection may be silent, and an answer take. */
  idleTimeoutSeconds: number;
}
