import type { KeyRoute } from "../common/keyRoute.ts";

/** The cookie by which a load balancer keeps a browser on its replica, as the collaborator sets it. */
export const STICKY_COOKIE = { name: "doc-sticky", maxAgeSeconds: 172_800 };

/** Requests about one document, of which a WebSocket's upgrade is one. */
export const KEY_ROUTES: readonly KeyRoute[] = [
  {
    methods: ["GET", "HEAD", "POST"],
    path: "/documents",
    key: { from: "path" },
    normalise: "none",
  },
];
