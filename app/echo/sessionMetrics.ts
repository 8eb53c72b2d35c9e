import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const AGE_BUCKETS_SECONDS = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];

export type SessionMetrics = ReturnType<typeof createSessionMetrics>;

/** What the echo server counts, for Prometheus. */
export function createSessionMetrics(registry: Registry) {
  const registers = [registry];
  return {
    open: new Gauge({
      name: "sockjs_sessions",
      help: "Sessions that are open",
      labelNames: ["transport"],
      registers,
    }),
    opened: new Counter({
      name: "sockjs_sessions_total",
      help: "Sessions that were opened",
      labelNames: ["transport"],
      registers,
    }),
    refused: new Counter({
      name: "sockjs_refused_total",
      help: "Sessions, messages and requests that were refused",
      labelNames: ["reason"],
      registers,
    }),
    messages: new Counter({
      name: "sockjs_messages_total",
      help: "Messages that were echoed",
      labelNames: ["transport"],
      registers,
    }),
    age: new Histogram({
      name: "sockjs_session_age_seconds",
      help: "Age of sessions when they ended",
      buckets: AGE_BUCKETS_SECONDS,
      registers,
    }),
  };
}
