import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock } from "node:test";
import { KIND_NAMES } from "../../verify/kinds.ts";
import { readOptions } from "../../verify/options.ts";
import { endRuns, runNode } from "../drivers/localRun.ts";
import { VERIFY } from "./verifier.ts";

const COMMAND = "npm run verify -- ";

/** Columns of a narrow terminal. */
const WIDTH = 80;

describe("the help of npm run verify", () => {
  let help = "";

  before(async () => {
    const run = runNode(VERIFY, ["--help"]);
    equal(await run.ended, 0);
    equal(run.err, "");
    help = run.out;
  });
  after(endRuns);

  it("fits a narrow terminal", () => {
    match(help, /^Usage: npm run verify -- \[options\] <url>\n/);
    deepEqual(
      help.split("\n").filter((line) => line.length > WIDTH),
      [],
    );
  });

  it("is written at once, so a reader may close the pipe after its first line", () => {
    const write = mock.method(process.stdout, "write", () => true);
    try {
      equal(readOptions(["--help"]), undefined);
      equal(write.mock.callCount(), 1);
    } finally {
      write.mock.restore();
    }
  });

  it("has an example of each kind, and the verifier accepts all of them", () => {
    const examples = help
      .replaceAll(/ \\\n +/g, " ")
      .split("\n")
      .filter((line) => line.startsWith(`    $ ${COMMAND}`))
      .map((line) => line.slice(`    $ ${COMMAND}`.length).split(" "));
    ok(examples.length > KIND_NAMES.length);
    const kinds = new Set(examples.map((args) => readOptions(args)?.kind));
    deepEqual([...kinds].toSorted(), [...KIND_NAMES].toSorted());
  });

  it("has the exit statuses of the documentation", () => {
    const [, listed = ""] = help.split("\nExit statuses:\n");
    const statuses = [...listed.matchAll(/^ {2}(\d+) /gm)].map(([, status]) => status);
    const rows = readFileSync("docs/verify.md", "utf8").matchAll(/^\| (\d+) +\| /gm);
    ok(statuses.length > 5);
    deepEqual(
      statuses,
      [...rows].map(([, status]) => status),
    );
  });
});
