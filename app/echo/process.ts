import { createLog } from "../common/log.ts";
import { readEnvironment } from "../common/environment.ts";
import { createEchoServer } from "./server.ts";

/**
 * Makes the echo server of a process as its environment says.
 *
 * @param logFd the file descriptor of its log
 * @throws SettingsError naming every wrong setting
 */
export function createEchoProcess(environment: NodeJS.ProcessEnv, logFd: 1 | 2) {
  const env = readEnvironment(environment);
  const { log, flush } = createLog({ replica: env.REPLICA_NAME }, env.LOG_LEVEL, logFd);
  const server = createEchoServer({
    replica: env.REPLICA_NAME,
    drainSeconds: env.DRAIN_SECONDS,
    maxSessions: env.MAX_SESSIONS,
    maxMessageBytes: env.MAX_MESSAGE_BYTES,
    log,
  });
  /** Drains and ends the process; more than one call is one drain. */
  const drain = async (): Promise<void> => {
    await server.drain();
    await flush();
    process.exit(0);
  };
  return { env, log, server, drain };
}
