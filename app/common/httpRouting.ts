import type { KeyRoute } from "./keyRoute.ts";

/**
 * Seconds for which a WebSocket may be silent, as AWS fixes it for a Network Load Balancer with TLS; servers ping more
 * often.
 */
export const WEBSOCKET_IDLE_SECONDS = 350;

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
