import { Command } from "commander";
import {
  numberFrom,
  parseSettings,
  textLike,
  wholeNumberFrom,
  type Values,
} from "../app/common/settings.ts";
import { parseCommandLine } from "../commandLine.ts";
import { SHARED_RULES } from "../settings.ts";
import { readStack } from "./stackFile.ts";

/** Seconds that a replica drains here; on AWS it has to outlast the load balancer. */
const LOCAL_DRAIN_SECONDS = 2;

const RULES = {
  replicas: SHARED_RULES.replicas,
  affinity: SHARED_RULES.affinity,
  port: wholeNumberFrom(0, 65535, 8080),
  host: textLike(/^[\w.:-]+$/, "an address of this computer", "127.0.0.1"),
  drain: numberFrom(0, 3600, LOCAL_DRAIN_SECONDS),
};

export type LocalOptions = Values<typeof RULES>;

/**
 * Reads the flags of `npm start`.
 *
 * @returns undefined when the person only asked for help
 * @throws SettingsError naming every fault
 */
export function readOptions(args: readonly string[]): LocalOptions | undefined {
  const command = new Command("npm start --")
    .description("Runs the replicas and a sticky front on this computer.")
    .option("--stack <name>", "stack whose file gives the defaults", "dev")
    .option("--replicas <number>", "replicas of the app")
    .option("--port <number>", "port of the front; 0 picks a free one", "8080")
    .option("--host <address>", "address of the front", "127.0.0.1")
    .option("--affinity <affinity>", "source-ip, or none to see what breaks")
    .option("--drain <seconds>", "how long a replica drains", String(LOCAL_DRAIN_SECONDS));
  if (!parseCommandLine(command, args)) {
    return undefined;
  }
  const { stack, ...flags } = command.opts<Record<string, string> & { stack: string }>();
  const { replicas, affinity } = readStack(stack);
  return parseSettings(RULES, { replicas, affinity, ...flags }, (setting) => `--${setting}`);
}
