import type { HttpRouting } from "../contract/httpRouting.ts";

/** Of the registry, whose requests are about one business number. */
export const COMPANY_ROUTING: HttpRouting = {
  cookie: { name: "com-sticky", maxAgeSeconds: 172_800 },
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
};
