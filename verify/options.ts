import { Command } from "commander";
import { z } from "zod";
import {
  numberFrom,
  oneOf,
  parseSettings,
  SettingsError,
  textLike,
  wholeNumberFrom,
  type Values,
} from "../app/contract/settings.ts";
import type { Fault } from "../app/contract/fault.ts";
import { cut } from "../app/contract/shown.ts";
import { parseCommandLine } from "../terminal/commandLine.ts";
import { TRANSPORTS } from "./sockjs/transport.ts";

export const SCENARIOS = ["steady", "reconnect", "fallback", "rollout"] as const;

/** Scenarios that drop connections; an HTTP client has none between its requests. */
const OF_SESSIONS: readonly string[] = ["reconnect", "fallback"];

/** First of the loopback addresses that `--sources N` uses: 127.0.1.1. */
const FIRST_SOURCE = 257;

/** Percentage of failures that a verdict tolerates. */
const DEFAULT_MAX_FAILURES = 1;

/** Part of the duration after which a roll-out must have ended. */
const CALM_FROM = 0.8;

/** Where the key of a request is: `path`, `header:NAME` or `json:NAME`. */
const KEY_PLACE = /^(path|header:[\w!#$%&'*+.^`|~-]+|json:.+)$/;

const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;

const RULES = {
  url: z.url({ protocol: /^https?$/ }).meta({
    description:
      "the http or https URL of a SockJS prefix, or with --cookie-jar or --key of any resource",
    example: "http://127.0.0.1:8080/echo",
  }),
  sessions: wholeNumberFrom(1, 10_000, 100),
  transports: z
    .string()
    .transform((text) => (text === "all" ? [...TRANSPORTS] : text.split(",")))
    .pipe(z.array(z.enum(TRANSPORTS)))
    .meta({ description: `all, or of ${TRANSPORTS.join(",")}`, example: "xhr-polling,websocket" }),
  sources: z
    .string()
    .regex(/^[1-9]\d{0,3}$/)
    .transform((digits) => sourceAddresses(Number(digits)))
    .or(
      z
        .string()
        .transform((text) => text.split(","))
        .pipe(z.array(z.ipv4())),
    )
    .meta({ description: "a number from 1 to 9999, or a list of IPv4 addresses", example: 20 }),
  duration: numberFrom(1, 86_400, 15),
  rate: numberFrom(0.01, 1000, 2),
  maxFailures: numberFrom(0, 100, DEFAULT_MAX_FAILURES),
  scenario: oneOf(SCENARIOS),
  cookieJar: oneOf(["on", "off"]).optional(),
  key: textLike(KEY_PLACE, "header:NAME, path or json:NAME", "json:businessNumber").optional(),
  json: textLike(/^.+$/, "the path of a file", "report.json").optional(),
  html: textLike(/^.+$/, "the path of a file", "report.html").optional(),
  seed: wholeNumberFrom(0, 2 ** 31 - 1, 1),
  rollPid: wholeNumberFrom(1, 2 ** 22, 4711).optional(),
};

export type VerifyOptions = Values<typeof RULES>;

/** What must stay on one replica: a SockJS session, an HTTP client, or all requests about one key. */
export type Kind = "session" | "client" | "key";

export function kindOf({
  cookieJar,
  key,
}: {
  cookieJar?: string | undefined;
  key?: string | undefined;
}): Kind {
  return key !== undefined ? "key" : cookieJar !== undefined ? "client" : "session";
}

/** Seconds after which a roll-out over plain HTTP must have ended. */
export function calmFrom(duration: number): number {
  return duration * CALM_FROM;
}

/**
 * Reads the arguments of `npm run verify`.
 *
 * @returns undefined when the person only asked for help
 * @throws SettingsError naming every fault
 */
export function readOptions(args: readonly string[]): VerifyOptions | undefined {
  const command = new Command("npm run verify --")
    .description(
      "Opens SockJS sessions, or makes HTTP requests, and checks whether they are sticky.",
    )
    .argument(
      "<url>",
      "SockJS prefix, such as http://127.0.0.1:8080/echo, or with --cookie-jar or --key a resource",
    )
    .option("--sessions <number>", "sessions at once; HTTP: clients, or keys", "100")
    .option("--transports <list>", `all, or of ${TRANSPORTS.join(",")}`, "all")
    .option("--sources <sources>", "number of loopback addresses, or a list of addresses", "1")
    .option("--duration <seconds>", "how long it runs", "15")
    .option("--rate <number>", "messages, or requests, per second and session", "2")
    .option(
      "--max-failures <percent>",
      "failures among them that a verdict tolerates; a roll-out tolerates none",
      String(DEFAULT_MAX_FAILURES),
    )
    .option("--scenario <name>", SCENARIOS.join(", "), "steady")
    .option("--cookie-jar <state>", "HTTP: whether clients keep cookies, on or off")
    .option(
      "--key <place>",
      "HTTP: where the key is; all clients request all keys: header:NAME, path or json:NAME",
    )
    .option("--json <file>", "writes the report as JSON (verify/report.schema.json)")
    .option("--html <file>", "writes the report as a page")
    .option("--seed <number>", "repeats the choices of an earlier run", "1")
    .option(
      "--roll-pid <pid>",
      "rollout: process of npm start to roll; continues until all sessions have moved",
    );
  if (!parseCommandLine(command, args)) {
    return undefined;
  }
  const options = parseSettings(
    RULES,
    { url: command.processedArgs[0], ...command.opts() },
    (name) => (name === "url" ? "URL" : `--${name.replace(/[A-Z]/g, "-$&").toLowerCase()}`),
  );
  const given = new Set(
    Object.keys(options).filter((name) => command.getOptionValueSource(name) === "cli"),
  );
  const faults = contradictions(options, given);
  if (faults.length > 0) {
    throw new SettingsError(...faults);
  }
  const isHttp = kindOf(options) !== "session";
  return { ...options, url: isHttp ? options.url : options.url.replace(/\/+$/, "") };
}

/** Faults of options that contradict each other. */
function contradictions(options: VerifyOptions, given: ReadonlySet<string>): Fault[] {
  const { maxFailures, rollPid, scenario, sources, transports, url } = options;
  const isHttp = kindOf(options) !== "session";
  const faults: [boolean, Fault][] = [
    [
      isHttp && given.has("transports"),
      {
        name: "--transports",
        got: transports.join(),
        mustBe: "omitted with --cookie-jar or --key, which are plain HTTP",
      },
    ],
    [
      isHttp && OF_SESSIONS.includes(scenario),
      {
        name: "--scenario",
        got: scenario,
        mustBe:
          "steady or rollout with --cookie-jar or --key, where every request is a new connection already",
        example: "steady",
      },
    ],
    [
      scenario === "rollout" && given.has("maxFailures"),
      {
        name: "--max-failures",
        got: maxFailures,
        mustBe: "omitted in scenario rollout, in which no message or request may fail",
      },
    ],
    [
      rollPid !== undefined && (scenario !== "rollout" || !isProcess(rollPid)),
      {
        name: "--roll-pid",
        got: rollPid,
        mustBe: "the process of npm start, with --scenario rollout",
        example: '"$(pgrep -f local/main.ts)"',
      },
    ],
    [
      scenario === "fallback" && transports.every((each) => each.startsWith("websocket")),
      {
        name: "--transports",
        got: transports.join(),
        mustBe: "a list with at least one transport other than WebSocket in scenario fallback",
        example: "all",
      },
    ],
    [
      !isLoopback(url) && sources.some((source) => source.startsWith("127.")),
      {
        name: "--sources",
        problem: `has loopback addresses, from which ${cut(url)} cannot be reached`,
        mustBe: "1, or a list of this computer's own addresses",
        example: "--sources 1",
      },
    ],
  ];
  return faults.filter(([isFault]) => isFault).map(([, fault]) => fault);
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Loopback addresses from 127.0.1.1; for one address, an empty list lets the system choose. */
function sourceAddresses(count: number): string[] {
  if (count === 1) {
    return [];
  }
  return Array.from({ length: count }, (_, index) => {
    const host = FIRST_SOURCE + index;
    return `127.0.${host >> 8}.${host & 255}`;
  });
}

/** Whether a URL is on this computer and can be reached from loopback addresses. */
function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || (ADDRESS.test(hostname) && hostname.startsWith("127."));
}
