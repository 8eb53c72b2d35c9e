import { readEnvironment } from "../common/server/environment.ts";
import { createProcess, type AppProcess } from "../common/server/appProcess.ts";
import { wholeNumberFrom } from "../contract/settings.ts";
import { createEchoServer } from "./server.ts";

const RULES = {
  MAX_SESSIONS: wholeNumberFrom(1, 100_000, 800).default(800),
  MAX_MESSAGE_BYTES: wholeNumberFrom(1, 16 * 1024 * 1024, 65536).default(65536),
  // The maximum rate of the verifier.
  MAX_MESSAGES_PER_SECOND: wholeNumberFrom(1, 100_000, 1000).default(1000),
};

/**
 * Makes the echo app of a process as its environment says.
 *
 * @throws SettingsError naming every wrong setting
 */
export function createEchoProcess(environment: NodeJS.ProcessEnv, logFd: 1 | 2): AppProcess {
  const env = readEnvironment(RULES, environment);
  return createProcess(env, logFd, (options) =>
    createEchoServer({
      ...options,
      maxSessions: env.MAX_SESSIONS,
      maxMessageBytes: env.MAX_MESSAGE_BYTES,
      maxMessagesPerSecond: env.MAX_MESSAGES_PER_SECOND,
    }),
  );
}
