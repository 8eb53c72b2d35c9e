import { APP_PORT, METRICS_PORT } from "../../contract/endpoints.ts";
import { hostname } from "node:os";
import { WEBSOCKET_IDLE_SECONDS } from "../../contract/httpRouting.ts";
import { LOG_LEVELS } from "../../contract/log.ts";
import { originList } from "../http/origins.ts";
import {
  flag,
  numberFrom,
  oneOf,
  parseSettings,
  textLike,
  wholeNumberFrom,
  type Rules,
  type Values,
} from "../../contract/settings.ts";

/** A port, or 0 for any free one. */
function portFrom(usual: number) {
  return wholeNumberFrom(0, 65535, usual).default(usual);
}

/** Settings of every app in the environment, with their defaults. */
const SERVER_RULES = {
  HOST: textLike(/^\S+$/, "an address to listen on", "0.0.0.0").default("0.0.0.0"),
  PORT: portFrom(APP_PORT.number),
  METRICS_PORT: portFrom(METRICS_PORT.number),
  REPLICA_NAME: textLike(/^[\w.-]{1,253}$/, "a host name", "echo-7d9c5b7f4-x2k9p"),
  DRAIN_SECONDS: numberFrom(0, 3600, 150).default(150),
  IDLE_TIMEOUT_SECONDS: wholeNumberFrom(1, 6000, WEBSOCKET_IDLE_SECONDS).default(
    WEBSOCKET_IDLE_SECONDS,
  ),
  ALLOWED_ORIGINS: originList.default([]),
  BEHIND_TLS: flag.default(false),
  LOG_LEVEL: oneOf(LOG_LEVELS).default("info"),
};

/** The values of these settings. */
export type ServerEnvironment = Values<typeof SERVER_RULES>;

/**
 * Reads the settings of an app.
 *
 * @param rules the app's own settings
 * @throws SettingsError naming every fault
 */
export function readEnvironment<R extends Rules>(
  rules: R,
  environment: NodeJS.ProcessEnv,
): ServerEnvironment & Values<R> {
  const all: typeof SERVER_RULES & R = { ...SERVER_RULES, ...rules };
  return parseSettings(all, { REPLICA_NAME: hostname(), ...environment });
}
