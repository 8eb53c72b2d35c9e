import { hostname } from "node:os";
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
import { parseCommandLine } from "../terminal/commandLine.ts";
import { helpAfterOptions } from "./help.ts";
import { KIND_NAMES, KINDS, SCENARIOS, type KindName } from "./kinds.ts";
import { contradictions } from "./optionRules.ts";
import { replicaPlaceOf } from "./replicaPlace.ts";
import { TRANSPORTS as SOCKETIO_TRANSPORTS } from "./socketio/transports.ts";
import { TRANSPORTS } from "./sockjs/transport.ts";

/** First of the loopback addresses that `--sources N` uses: 127.0.1.1. */
const FIRST_SOURCE = 257;

/** Percentage of failures that a verdict tolerates. */
const DEFAULT_MAX_FAILURES = 1;

/** How long scenario `soak` runs by default. */
const SOAK_SECONDS = 1800;

/** Where the key of a request is. */
const KEY_PLACE = /^(path|query:.+|header:[\w!#$%&'*+.^`|~-]+|json:.+)$/;
const KEY_PLACES = "path, query:NAME, header:NAME or json:NAME";

const REPLICA_PLACES = "header:NAME, json:PATH, body:REGEX, cookie:NAME or none";

/** How the verifier is called in this repository. */
export const NPM_COMMAND = "npm run verify --";

/** Files that get the report. */
export const FILE_RULES = {
  json: textLike(/^.+$/, "the path of a file", "report.json").optional(),
  html: textLike(/^.+$/, "the path of a file", "report.html").optional(),
  junit: textLike(/^.+$/, "the path of a file", "junit.xml").optional(),
};

const RULES = {
  url: z
    .url({ protocol: /^(http|ws)s?$/ })
    .meta({ description: "an http, https, ws or wss URL", example: "http://127.0.0.1:8080/echo" }),
  kind: oneOf(KIND_NAMES).optional(),
  replica: z
    .string()
    .transform((text, context) => {
      const place = replicaPlaceOf(text);
      if (place === undefined) {
        context.addIssue("no place");
        return z.NEVER;
      }
      return place;
    })
    .meta({ description: REPLICA_PLACES, example: "json:server.name" }),
  echo: z.boolean().default(false),
  proxyProtocol: z.boolean().default(false),
  namespace: textLike(/^\/[^,?]*$/, "a namespace of Socket.IO, which starts with /", "/chat"),
  sessions: wholeNumberFrom(1, 10_000, 100),
  transports: z.string().transform((text) => text.split(",")),
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
  key: textLike(KEY_PLACE, KEY_PLACES, "json:businessNumber").optional(),
  ...FILE_RULES,
  seed: wholeNumberFrom(0, 2 ** 31 - 1, 1),
  network: textLike(/^[^\p{C}]{1,100}$/u, "a text of at most 100 characters", "office"),
  rollPid: wholeNumberFrom(1, 2 ** 22, 4711).optional(),
};

/** The arguments, with the kind that they imply and its transports. */
export type VerifyOptions = Omit<Values<typeof RULES>, "kind" | "transports"> & {
  kind: KindName;
  transports: readonly string[];
};

/**
 * Reads the arguments.
 *
 * @param commandName how the verifier is called, for its help and its errors
 * @returns undefined when the person only asked for help
 * @throws SettingsError naming every fault
 */
export function readOptions(
  args: readonly string[],
  commandName = NPM_COMMAND,
): VerifyOptions | undefined {
  const command = new Command(commandName)
    .description("Checks that a load balancer keeps each session, client or key on one replica.")
    .argument("<url>", "what to verify, such as http://127.0.0.1:8080/echo")
    .option(
      "--kind <kind>",
      `${KIND_NAMES.join(", ")}; by default http with --cookie-jar or --key, otherwise what the URL suggests, or sockjs`,
    )
    .option("--replica <place>", `where replicas are named: ${REPLICA_PLACES}`, "header:X-Replica")
    .option("--sessions <number>", "sessions, clients or keys at once", "100")
    .option(
      "--transports <list>",
      `all, or a list with commas of ${TRANSPORTS.join(", ")}; socketio: of ${SOCKETIO_TRANSPORTS.join(", ")}`,
      "all",
    )
    .option("--echo", "websocket: sends a message on each connection and expects it back")
    .option("--namespace <name>", "socketio: the namespace to connect to", "/")
    .option(
      "--sources <sources>",
      "client addresses: how many loopback addresses, or a list with commas",
      "1",
    )
    .option(
      "--proxy-protocol",
      "begins each connection with a PROXY protocol header that names the session's address",
    )
    .option("--duration <seconds>", "how long it runs; soak runs 1800 s", "15")
    .option("--rate <number>", "messages, or requests, per second and session", "2")
    .option(
      "--max-failures <percent>",
      "percentage of failed messages or requests that is tolerated; a roll-out tolerates none",
      String(DEFAULT_MAX_FAILURES),
    )
    .option("--scenario <name>", SCENARIOS.join(", "), "steady")
    .option(
      "--cookie-jar <state>",
      "on: clients must get a cookie and keep it; off: they keep none",
    )
    .option("--key <place>", `verifies affinity by key; where requests carry it: ${KEY_PLACES}`)
    .option("--network <name>", "name of this network, for merged reports", hostname())
    .option("--seed <number>", "seed of keys and addresses", "1")
    .option(
      "--roll-pid <pid>",
      "rollout: process of npm start to roll; continues until all sessions have moved",
    )
    .addHelpText("after", helpAfterOptions(commandName));
  addFileOptions(command);
  if (!parseCommandLine(command, args)) {
    return undefined;
  }
  const read = parseSettings(RULES, { url: command.processedArgs[0], ...command.opts() }, (name) =>
    name === "url" ? "URL" : optionName(name),
  );
  const kind = read.kind ?? kindFor(read);
  const transports = read.transports.join() === "all" ? KINDS[kind].transports : read.transports;
  const url = normalised(read.url, kind);
  const given = new Set(
    Object.keys(read).filter((name) => command.getOptionValueSource(name) === "cli"),
  );
  const isSoak = read.scenario === "soak" && !given.has("duration");
  const duration = isSoak ? SOAK_SECONDS : read.duration;
  const options = { ...read, kind, transports, url, duration };
  const faults = contradictions(options, given);
  if (faults.length > 0) {
    throw new SettingsError(...faults);
  }
  return options;
}

/** Lets a command write a report to files. */
export function addFileOptions(command: Command): void {
  command
    .option("--json <file>", "writes the report as JSON (schema: report.schema.json)")
    .option("--html <file>", "writes the report as a page")
    .option("--junit <file>", "writes the verdict as JUnit XML, for CI");
}

/** How a person writes an option. */
export function optionName(name: string): string {
  return `--${name.replace(/[A-Z]/g, "-$&").toLowerCase()}`;
}

/** The URL as its kind needs it: a SockJS prefix without a slash at its end, or the endpoint of Socket.IO. */
function normalised(url: string, kind: KindName): string {
  switch (kind) {
    case "sockjs":
      return url.replace(/\/+$/, "");
    case "socketio":
      return new URL(url).pathname === "/"
        ? new URL(`/socket.io/${new URL(url).search}`, url).href
        : url;
    default:
      return url;
  }
}

/** The kind that the arguments suggest. */
function kindFor({ cookieJar, key, url }: Values<typeof RULES>): KindName {
  if (/^wss?:/i.test(url)) {
    return "websocket";
  }
  if (/\/socket\.io(\/|$)/.test(new URL(url).pathname)) {
    return "socketio";
  }
  return cookieJar === undefined && key === undefined ? "sockjs" : "http";
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
