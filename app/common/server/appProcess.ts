import type { AppServer } from "./appServer.ts";
import type { ServerEnvironment } from "./environment.ts";
import type { ServerOptions } from "./serverContext.ts";
import { createLog, type Logger } from "../../contract/log.ts";

/** An app as a process runs it. */
export interface AppProcess {
  env: ServerEnvironment;
  log: Logger;
  server: AppServer;
  /** Drains the server and flushes the log, after which the process can exit. A second call joins the first. */
  drain: () => Promise<void>;
}

/**
 * Creates the server of a process.
 *
 * @param logFd the file descriptor of its log
 */
export function createProcess(
  env: ServerEnvironment,
  logFd: 1 | 2,
  createServer: (options: ServerOptions) => AppServer,
): AppProcess {
  const { REPLICA_NAME: replica, DRAIN_SECONDS: drainSeconds, LOG_LEVEL } = env;
  const { log, flush } = createLog({ replica }, LOG_LEVEL, logFd);
  const server = createServer({
    replica,
    drainSeconds,
    log,
    allowedOrigins: env.ALLOWED_ORIGINS,
    behindTls: env.BEHIND_TLS,
    idleTimeoutSeconds: env.IDLE_TIMEOUT_SECONDS,
  });
  const drain = async (): Promise<void> => {
    await server.drain();
    await flush();
  };
  return { env, log, server, drain };
}
