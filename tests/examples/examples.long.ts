import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { Browser } from "playwright-core";
import { hasText, openPage, startBrowser } from "../drivers/browser.ts";
import { endRuns, startLocal, type LocalRun } from "../drivers/localRun.ts";
import { examine } from "../verify/verifier.ts";
import { ask, guess, talk, write, type Client, type Visit } from "./visits.ts";

/** Clients of each example: so many that each of three replicas gets some. */
const CLIENTS = 24;

/** What the clients of the examples in the stack `examples` do. */
const EXAMPLES: Readonly<Record<string, Client>> = {
  "socketio-chat": talk,
  "websocket-node": write,
  "websocket-python": guess,
  sse: ask,
};

/** What verifies each example: a path, and options. */
const VERIFY: Readonly<Record<string, string[]>> = {
  "socketio-chat": ["/socket.io/", "--key", "query:room"],
  "websocket-node": ["/?notepad=1"],
  "websocket-python": ["/?player=1"],
  sse: ["/events", "--kind", "sse"],
};

/** Enough for a verdict. */
const SHORT = [
  ...["--replica", "json:replica", "--sources", "20"],
  ...["--sessions", "20", "--duration", "4", "--rate", "5"],
];

/** The verdict of `npm run verify` on each example. */
function verdictsOn(origins: ReadonlyMap<string, string>): Promise<string[]> {
  return Promise.all(
    Object.entries(VERIFY).map(async ([name, [path = "", ...args]]) => {
      const origin = origins.get(name) ?? "";
      const url = name.startsWith("websocket") ? origin.replace("http", "ws") : origin;
      return `${name}: ${(await examine(url + path, ...args, ...SHORT)).verdict}`;
    }),
  );
}

/** The origins of a run's workloads, by name. */
function originsOf({ out }: LocalRun): Map<string, string> {
  return new Map(
    out
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .map(([name = "", origin = ""]) => [name, origin]),
  );
}

function start(...args: string[]): Promise<LocalRun> {
  const workloads = Object.keys(EXAMPLES).join();
  return startLocal("--stack", "examples", "--workloads", workloads, ...args);
}

async function visitAll(client: Client, origin = ""): Promise<Visit[]> {
  const numbers = Array.from({ length: CLIENTS }, (_, index) => index + 1);
  return Promise.all(numbers.map((number) => client(origin, number)));
}

describe("examples", () => {
  before(() => {
    const options = { cwd: "examples/websocket-python" };
    execFileSync("python3", ["-m", "venv", ".venv"], options);
    execFileSync(".venv/bin/pip", ["install", "--quiet", "-r", "requirements.txt"], options);
  });

  describe("with the affinity of their stack file", () => {
    let origins: Map<string, string>;

    before(async () => {
      origins = originsOf(await start());
    });

    after(endRuns);

    it("are all in the stack", () => {
      deepEqual([...origins.keys()], Object.keys(EXAMPLES));
    });

    for (const [name, client] of Object.entries(EXAMPLES)) {
      it(`keeps every client of ${name} on its replica, and uses all of them`, async () => {
        const visits = await visitAll(client, origins.get(name));
        deepEqual(
          visits.filter(({ isKept }) => !isKept),
          [],
        );
        equal(new Set(visits.map(({ replica }) => replica)).size, 3);
      });
    }

    it("are found sticky by the verifier", async () => {
      deepEqual(
        await verdictsOn(origins),
        Object.keys(VERIFY).map((name) => `${name}: sticky`),
      );
    });

    describe("in a browser", () => {
      let browser: Browser;

      before(async () => {
        browser = await startBrowser();
      });

      after(() => browser.close());

      async function use(name: string, text: string, selector: string, shown: string) {
        const { page, faults } = await openPage(browser, origins.get(name) ?? "");
        await hasText(page, "#status", `${name}-0000`);
        await page.fill("input", text);
        await page.click("button");
        await hasText(page, selector, shown);
        deepEqual(faults, []);
      }

      it("chats", () => use("socketio-chat", "hello", "#messages", "hello"));

      it("writes lines", () => use("websocket-node", "a line", "#lines", "a line"));

      it("guesses", () => use("websocket-python", "50", "#hint", "guesses: 1"));

      it("asks", () => use("sse", "why?", "#answer", "You asked: why?"));
    });
  });

  describe("without affinity", () => {
    let origins: Map<string, string>;

    before(async () => {
      origins = originsOf(await start("--affinity", "none"));
    });

    after(endRuns);

    for (const [name, client] of Object.entries(EXAMPLES)) {
      it(`breaks ${name}`, async () => {
        const visits = await visitAll(client, origins.get(name));
        ok(visits.some(({ isKept }) => !isKept));
      });
    }

    it("are found not sticky by the verifier", async () => {
      deepEqual(
        await verdictsOn(origins),
        Object.keys(VERIFY).map((name) => `${name}: not sticky`),
      );
    });
  });
});
