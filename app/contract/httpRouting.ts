import type { KeyRoute } from "./keyRoute.ts";

/**
 * Seconds for which a WebSocket may be idle, which AWS fixes for Network Load Balancers with TLS. Servers ping more often.
 */
export const WEBSOCKET_IDLE_SECONDS = 350;

/**
 * Milliseconds for which a server keeps an idle connection. A load balancer must close it first, or it may send a request on a
 * connection that the server is closing, and answer 502
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
 *
 * @param idleTimeoutSeconds of the load balancer
 */
export function silenceMs(idleTimeoutSeconds = WEBSOCKET_IDLE_SECONDS): number {
  return (idleTimeoutSeconds + 15) * 1000;
}

/** A cookie by which a load balancer keeps a browser on its replica. */
export interface StickyCookie {
  /** Name of the cookie that the app sets. @default - the load balancer sets one of its own */
  name?: string | undefined;
  /** Seconds after the last response for which the load balancer follows it. */
  seconds: number;
}

/** A cookie that an app sets itself. */
export type AppCookie = StickyCookie & { name: string };

/** What a load balancer must know about an app's requests. */
export interface HttpRouting {
  cookie: StickyCookie;
  keyRoutes: readonly KeyRoute[];
  /** Seconds for which a connection may be idle, and a response may take. */
  idleTimeoutSeconds: number;
}
