import { equal } from "node:assert/strict";
import type { Report } from "../../verify/report.ts";
import { startFront, stickyFor, strayOneIn, type Policy } from "./front.ts";
import { startReplicas } from "./replicas.ts";
import { examine } from "./verifier.ts";
import { stopServers } from "./servers.ts";

const KINDS: [string, (port: number) => string[]][] = [
  ["http", (port) => [`http://127.0.0.1:${port}/`, "--kind", "http"]],
  ["sse", (port) => [`http://127.0.0.1:${port}/events`, "--kind", "sse"]],
  ["websocket", (port) => [`ws://127.0.0.1:${port}/`]],
  ["socketio", (port) => [`http://127.0.0.1:${port}/socket.io/`, "--replica", "none"]],
];

describe("npm run verify with its default options", () => {
  afterEach(stopServers);

  for (const [kind, argsFor] of KINDS) {
    /** The report on a front with this policy, and two replicas. */
    const reportOn = async (policy: Policy): Promise<Report> => {
      const { port } = await startFront(await startReplicas(["app-0", "app-1"]), policy);
      const [url = "", ...args] = argsFor(port);
      return examine(url, ...args, "--sources", "20");
    };

    it(`finds strays of one in 500 connections over ${kind}`, async () => {
      equal((await reportOn(strayOneIn(500))).verdict, "not sticky");
    });

    it(`finds a front not sticky that is for ten seconds over ${kind}`, async () => {
      equal((await reportOn(stickyFor(10_000))).verdict, "not sticky");
    });
  }
});
