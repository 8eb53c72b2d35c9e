import type { KeyRoute } from "../common/keyRoute.ts";

/** The cookie by which a load balancer keeps a browser on its replica, as the registry sets it. */
export const STICKY_COOKIE = { name: "com-sticky", maxAgeSeconds: 172_800 };

/** Requests about one business number. */
export const KEY_ROUTES: readonly KeyRoute[] = [
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
];
