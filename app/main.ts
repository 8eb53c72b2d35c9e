import { hostname } from "node:os";
import { createLog, LOG_LEVELS } from "./common/log.ts";
import {
  numberFrom,
  oneOf,
  parseSettings,
  SettingsError,
  textLike,
  wholeNumberFrom,
} from "./common/settings.ts";
import { createEchoServer } from "./echo/server.ts";

/** What the environment may set, and what holds where it does not. */
const RULES = {
  HOST: textLike(/^\S+$/, "an address to listen on", "0.0.0.0").default("0.0.0.0"),
  PORT: wholeNumberFrom(0, 65535, 8080).default(8080),
  REPLICA_NAME: textLike(/^[\w.-]{1,253}$/, "a host name", "echo-7d9c5b7f4-x2k9p"),
  DRAIN_SECONDS: numberFrom(0, 3600, 150).default(150),
  MAX_SESSIONS: wholeNumberFrom(1, 100_000, 800).default(800),
  MAX_MESSAGE_BYTES: wholeNumberFrom(1, 16 * 1024 * 1024, 65536).default(65536),
  LOG_LEVEL: oneOf(LOG_LEVELS).default("info"),
};

try {
  const env = parseSettings(RULES, { REPLICA_NAME: hostname(), ...process.env });
  const log = createLog({ replica: env.REPLICA_NAME }, env.LOG_LEVEL, 1);
  const server = createEchoServer({
    replica: env.REPLICA_NAME,
    drainSeconds: env.DRAIN_SECONDS,
    maxSessions: env.MAX_SESSIONS,
    maxMessageBytes: env.MAX_MESSAGE_BYTES,
    log,
  });
  const drain = (): void => {
    void server.drain().then(() => log.flush(() => process.exit(0)));
  };
  process.once("SIGTERM", drain);
  process.once("SIGINT", drain);
  const { port } = await server.listen(env.PORT, env.HOST);
  log.info({ port }, "listening");
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 2;
}
