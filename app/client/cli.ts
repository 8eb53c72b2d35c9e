import { Command, InvalidArgumentError } from "commander";
import SockJS from "sockjs-client";
import { cut } from "../contract/shown.ts";
import { ResumingClient, type ClientEvent } from "./resumingClient.ts";

const PING_MS = 1000;

/** Characters shown of each end of a long error. */
const SHOWN = 200;

/** Transports that the SockJS client has outside of browsers. */
const TRANSPORTS = ["websocket", "xhr-streaming", "xhr-polling"];

const { args, opts } = readArguments();
const client = new ResumingClient({
  connect: () => new SockJS(args.url, undefined, { transports: opts.transports }),
  onEvent: (event) => console.log(`${new Date().toISOString()} ${textOf(event)}`),
});
client.connect();
setInterval(() => client.send("ping"), PING_MS);
process.on("SIGINT", finish);
process.on("SIGTERM", finish);
// Exits when a reader such as `head` closes the pipe.
process.stdout.on("error", () => process.exit(0));

function finish(): void {
  client.close();
  const { sent, echoed, doubled, lost, reconnects } = client.counts;
  console.log(
    `${sent} sent, ${echoed} echoed, ${doubled} duplicated, ${lost} lost, ${reconnects} reconnects`,
  );
  process.exit(0);
}

function textOf(event: ClientEvent): string {
  switch (event.type) {
    case "connecting":
      return `connecting to ${args.url}, attempt ${event.attempt}`;
    case "open":
      return `connected by ${event.transport}`;
    case "echo":
      return `${event.replica} answered ${event.text} in ${event.milliseconds} ms`;
    case "refused":
      return `refused: ${event.reason}`;
    case "closed": {
      const next =
        event.retryInMs === undefined ? "" : `, next try in ${Math.ceil(event.retryInMs)} ms`;
      return `closed with ${event.code} ${event.reason}${next}`;
    }
  }
}

function readArguments() {
  const command = new Command("npm run cli --")
    .description("Pings an echo app each second and shows which replica answers.")
    .argument("<url>", "SockJS prefix, such as http://127.0.0.1:8080/echo", parseUrl)
    .option(
      "--transports <list>",
      `transports to choose from: ${TRANSPORTS.join(",")}`,
      parseTransports,
      TRANSPORTS,
    )
    .configureOutput({ outputError: (text, write) => write(shortened(text)) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  return {
    args: { url: command.processedArgs[0] as string },
    opts: command.opts<{ transports: string[] }>(),
  };
}

/** Shortens the middle of an error, which has a long value; its end says what it must be. */
function shortened(text: string): string {
  return text.length > 2 * SHOWN ? `${cut(text, SHOWN)}${text.slice(-SHOWN)}` : text;
}

function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new InvalidArgumentError(
      "It must be the http or https URL of a SockJS prefix (for example http://127.0.0.1:8080/echo).",
    );
  }
  // `npm start` prints the address of the page.
  return url.pathname === "/" ? new URL("/echo", url).href : text.replace(/\/+$/, "");
}

function parseTransports(text: string): string[] {
  const transports = text.split(",");
  const unknown = transports.filter((transport) => !TRANSPORTS.includes(transport));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `It must be a comma-separated list of ${TRANSPORTS.join(", ")}.`,
    );
  }
  return transports;
}
