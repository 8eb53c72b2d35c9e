#!/usr/bin/env node
import { sentenceOf, type Fault } from "../../app/contract/fault.ts";
import { shown } from "../../app/contract/shown.ts";
import { EXIT_USAGE } from "../../verify/exits.ts";
import manifest from "./package.json" with { type: "json" };

const HELP = `Usage: sockjs-sticky verify [options] <url>

Checks that a load balancer keeps each session, client or key on one replica.

  sockjs-sticky verify --help         all options, examples and exit statuses
  sockjs-sticky verify merge --help   merges reports of several networks
  sockjs-sticky --version             the version
  sockjs-sticky --help                this help
`;

/** The oldest Node.js that the bundled libraries support. */
const OLDEST_NODE = manifest.engines.node.replace(">=", "");

process.exitCode = await main(process.argv.slice(2));

async function main([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case "verify":
      return verify(args);
    case "-h":
    case "--help":
      process.stdout.write(HELP);
      return 0;
    case "-V":
    case "--version":
      process.stdout.write(`${manifest.version}\n`);
      return 0;
    default:
      return reject({
        name: "sockjs-sticky",
        problem: `was not understood: ${command === undefined ? "missing command" : `unknown command ${shown(command)}`}`,
        mustBe: "called with verify, --help or --version",
        example: "sockjs-sticky verify http://127.0.0.1:8080/echo",
      });
  }
}

async function verify(args: readonly string[]): Promise<number> {
  const { node } = process.versions;
  if (node.localeCompare(OLDEST_NODE, "en", { numeric: true }) < 0) {
    return reject({ name: "Node.js", got: node, mustBe: `${OLDEST_NODE} or later` });
  }
  // An older Node.js cannot even load it.
  const { runCommand } = await import("../../verify/command.ts");
  return runCommand("sockjs-sticky verify", args);
}

function reject(fault: Fault): number {
  console.error(sentenceOf(fault));
  return EXIT_USAGE;
}
