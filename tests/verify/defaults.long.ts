import { equal, ok } from "node:assert/strict";
import { startFront, stickyFor, stopFronts, strayOneIn, type Policy } from "./front.ts";
import { startReplicas, stopReplicas } from "./replicas.ts";
import { examine } from "./verifier.ts";

/** Fronts that a run with the default options must see through. */
const FRONTS: [string, () => Policy][] = [
  ["strays once in 500 connections", () => strayOneIn(500)],
  ["is sticky for ten seconds", () => stickyFor(10_000)],
];

const KINDS: [string, (port: number) => string[]][] = [
  ["http", (port) => [`http://127.0.0.1:${port}/`, "--kind", "http"]],
  ["sse", (port) => [`http://127.0.0.1:${port}/events`, "--kind", "sse"]],
  ["websocket", (port) => [`ws://127.0.0.1:${port}/`]],
  ["socketio", (port) => [`http://127.0.0.1:${port}/socket.io/`, "--replica", "none"]],
];

describe("npm run verify with its default options", () => {
  afterEach(stopFronts);
  afterEach(stopReplicas);

  for (const [kind, argsFor] of KINDS) {
    for (const [what, createPolicy] of FRONTS) {
      it(`finds a front of ${kind} not sticky that ${what}`, async () => {
        const { port } = await startFront(await startReplicas(["app-0", "app-1"]), createPolicy());
        const [url = "", ...args] = argsFor(port);
        const { detectableRate, verdict } = await examine(url, ...args, "--sources", "20");
        equal(verdict, "not sticky");
        ok(detectableRate < 1 / 500, `one in ${1 / detectableRate}`);
      });
    }
  }
});
