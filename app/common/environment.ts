import { hostname } from "node:os";
import { LOG_LEVELS } from "./log.ts";
import {
  numberFrom,
  oneOf,
  parseSettings,
  textLike,
  wholeNumberFrom,
  type Values,
} from "./settings.ts";

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

/**
 * Reads the app's settings.
 *
 * @throws SettingsError naming every fault
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): Values<typeof RULES> {
  return parseSettings(RULES, { REPLICA_NAME: hostname(), ...environment });
}
