import { WEBSOCKET_IDLE_SECONDS, type HttpRouting } from "../contract/httpRouting.ts";

/** Of the collaborator, whose requests are about one document; a WebSocket's upgrade is one of them. */
export const DOCUMENT_ROUTING: HttpRouting = {
  cookie: { name: "doc-sticky", maxAgeSeconds: 172_800 },
  idleTimeoutSeconds: WEBSOCKET_IDLE_SECONDS,
  keyRoutes: [
    {
      methods: ["GET", "HEAD", "POST"],
      path: "/documents",
      key: { from: "path" },
      normalise: "none",
    },
  ],
};
