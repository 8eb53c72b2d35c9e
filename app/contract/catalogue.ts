import { WEBSOCKET_IDLE_SECONDS, type AppCookie, type HttpRouting } from "./httpRouting.ts";

/** How a load balancer chooses a replica; with `none` it chooses anew for each connection. */
export type Affinity = "source-ip" | "cookie" | "key" | "none";

/** What the rest of the product knows about an app. */
interface AppFacts {
  /** Affinities that it supports on AWS; the first is the default. */
  affinities: readonly [Affinity, ...Affinity[]];
  /** Whether it stores data in PostgreSQL. */
  keepsData: boolean;
  /** How its requests are routed. @default - connections are balanced instead */
  routing?: HttpRouting & { cookie: AppCookie };
}

/** Lifetime of an app's cookie in seconds, two days. */
const COOKIE_SECONDS = 172_800;

/** The apps of the image; the environment variable `APP` names the one that a process runs. */
export const CATALOGUE = {
  echo: { affinities: ["source-ip", "none"], keepsData: false },
  company: {
    affinities: ["cookie", "key"],
    keepsData: true,
    routing: {
      cookie: { name: "com-sticky", seconds: COOKIE_SECONDS },
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
      cookie: { name: "doc-sticky", seconds: COOKIE_SECONDS },
      idleTimeoutSeconds: WEBSOCKET_IDLE_SECONDS,
      keyRoutes: [
        // The upgrade to a WebSocket is a GET request.
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

export const APP_NAMES = Object.keys(CATALOGUE) as [AppName, ...AppName[]];

/** Whether an app stores data in PostgreSQL. */
export function keepsData(app: AppName): boolean {
  return CATALOGUE[app].keepsData;
}

/** How an app's requests are routed; undefined if its connections are balanced instead. */
export function routingOf(app: AppName): AppFacts["routing"] {
  return (CATALOGUE[app] as AppFacts).routing;
}
