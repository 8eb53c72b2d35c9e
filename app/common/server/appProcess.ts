import type { AppServer, AppServerOptions } from "./appServer.ts";
import type { ServerEnvironment } from "./environment.ts";
import { createLog, type Logger } from "../../contract/log.ts";

/** An app as a process runs it. */
export interface AppProcess {
  env: ServerEnvironment;
  log: Logger;
  server: AppServer;
  /** Drains and ends the process; more than one call is one drain. */
  drain: () => Promise<void>;
}

/**
 * Makes the server of a process.
 *
 * @param logFd the file descriptor of its log
 */
export function createProcess(
  env: ServerEnvironment,
  logFd: 1 | 2,
  createServer: (options: AppServerOptions) => AppServer,
): AppProcess {
  const { REPLICA_NAME: replica, DRAIN_SECONDS: drainSeconds, LOG_LEVEL } = env;
  const { ALLOWED_ORIGINS: allowedOrigins } = env;
  const { log, flush } = createLog({ replica }, LOG_LEVEL, logFd);
  const server = createServer({ replica, drainSeconds, allowedOrigins, log });
  const drain = async (): Promise<void> => {
    await server.drain();
    await flush();
    process.exit(0);
  };
  return { env, log, server, drain };
}
