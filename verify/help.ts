import { EXIT, EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_UNREACHABLE, EXIT_USAGE } from "./exits.ts";

/** Arguments by what they verify. The last one has more than fits on a line. */
const EXAMPLES: readonly [string, ...string[]][] = [
  ["SockJS, from 20 addresses of this computer", "http://127.0.0.1:8080/echo --sources 20"],
  ["HTTP clients that need a cookie", "https://app.example/ --cookie-jar on"],
  ["HTTP requests about a key, which is in the path", "https://app.example/rooms --key path"],
  ["Socket.IO", "https://app.example/socket.io/"],
  ["WebSockets, whose first message names the replica", "wss://app.example/live --replica json:id"],
  ["Server-sent events", "https://app.example/events --kind sse"],
  [
    "In CI, with reports",
    "https://app.example/ --cookie-jar on",
    "--json report.json --junit junit.xml",
  ],
];

const STATUSES: readonly [number, string][] = [
  [EXIT.sticky, "sticky: no connection went astray"],
  [EXIT["not sticky"], "not sticky: some went astray, or a roll-out lost messages or requests"],
  [EXIT_USAGE, "the options are wrong, or a report cannot be written"],
  [EXIT_UNREACHABLE, "no server of this kind responds at the URL"],
  [EXIT.inconclusive, "inconclusive: the run proves nothing"],
  [EXIT["cannot be judged"], "cannot be judged: nothing shows which replica answered"],
  [EXIT_INTERNAL, "the verifier itself failed"],
  [EXIT_INTERRUPTED, "a second Ctrl-C stopped it without a report"],
];

/** What the help shows after the options. */
export function helpAfterOptions(commandName: string): string {
  const examples = EXAMPLES.map(
    ([what, ...lines]) => `  ${what}:\n    $ ${commandName} ${lines.join(" \\\n        ")}`,
  );
  const statuses = STATUSES.map(([status, meaning]) => `  ${String(status).padEnd(4)} ${meaning}`);
  const merging = `Reports of several networks: see ${commandName} merge --help`;
  return ["", "Examples:", ...examples, "", merging, "", "Exit statuses:", ...statuses].join("\n");
}
