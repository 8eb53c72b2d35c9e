/** The port on which an app listens unless its environment names another one. */
export const APP_PORT = { name: "http", number: 8080 };

/** The port of Prometheus metrics, likewise; no Service may name it. */
export const METRICS_PORT = { name: "metrics", number: 9464 };

/** Answers 200 while the process is alive. */
export const LIVENESS_PATH = "/healthz";

/** Answers 200 while the process takes new work; load balancers ask it, too. */
export const READINESS_PATH = "/readyz";
