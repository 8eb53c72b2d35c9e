import { WEBSOCKET_IDLE_SECONDS, type HttpRouting } from "./httpRouting.ts";

/** How a load balancer chooses a replica; `none`: anew for each connection. */
export type Affinity = "source-ip" | "cookie" | "key" | "none";

/** What is known of an app outside of it. */
interface AppFacts {
  /** Affinities that it supports on AWS; the first is the default. */
  affinities: readonly [Affinity, ...Affinity[]];
  /** Whether it keeps data in PostgreSQL. */
  keepsData: boolean;
  /** How its requests are routed. @default - connections are routed, not requests */
  routing?: HttpRouting;
}

/** Time for which browsers keep the cookie of an app, two days in seconds. */
const COOKIE_SECONDS = 172_800;

/** The apps of the image; `APP` in the environment names the one that a process runs. */
export const CATALOGUE = {
  echo: { affinities: ["source-ip", "none"], keepsData: false },
  company: {
    affinities: ["cookie", "key"],
    keepsData: true,
    routing: {
      cookie: { name: "com-sticky", maxAgeSeconds: COOKIE_SECONDS },
      idleTimeoutSeconds: 60,
      keyRoutes: [
        {
          methods: ["POST"],
          path: "/companies",
          key: { from: "json", field: "businessNumber" },
          normalise: "identifier",
        },
        {
          methods: ["GET", "HEAD"],
          path: "/companies",
          key: { from: "path" },
          normalise: "identifier",
        },
      ],
    },
  },
  document: {
    affinities: ["cookie", "key"],
    keepsData: true,
    routing: {
      cookie: { name: "doc-sticky", maxAgeSeconds: COOKIE_SECONDS },
      idleTimeoutSeconds: WEBSOCKET_IDLE_SECONDS,
      keyRoutes: [
        // The upgrade of a WebSocket is one of them.
        {
          methods: ["GET", "HEAD", "POST"],
          path: "/documents",
          key: { from: "path" },
          normalise: "none",
        },
      ],
    },
  },
} as const satisfies Record<string, AppFacts>;

export type AppName = keyof typeof CATALOGUE;

/** Apps whose requests are routed one by one; of the others, connections are. */
export type RoutedApp = {
  [Name in AppName]: (typeof CATALOGUE)[Name] extends { routing: HttpRouting } ? Name : never;
}[AppName];

export const APP_NAMES = Object.keys(CATALOGUE) as [AppName, ...AppName[]];

/** Whether an app keeps data in PostgreSQL. */
export function keepsData(app: AppName): boolean {
  return CATALOGUE[app].keepsData;
}

/** How an app's requests are routed; undefined where it is connections that are. */
export function routingOf(app: AppName): HttpRouting | undefined {
  return (CATALOGUE[app] as AppFacts).routing;
}
