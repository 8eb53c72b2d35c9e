/** The port that an app listens on, unless its environment sets another one. */
export const APP_PORT = { name: "http", number: 8080 };

/** The port of its Prometheus metrics, likewise. No Service may expose it. */
export const METRICS_PORT = { name: "metrics", number: 9464 };

/** Answers 200 while the process is alive. */
export const LIVENESS_PATH = "/healthz";

/** Answers 200 while the process accepts new work. Load balancers check it as well. */
export const READINESS_PATH = "/readyz";
