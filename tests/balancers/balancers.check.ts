import { equal, match } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { startReplicas } from "../verify/replicas.ts";
import { examine } from "../verify/verifier.ts";
import { endRuns, runNode } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { startHaproxy, startNginx, type Balancer } from "./balancers.ts";
import { stopServers } from "../verify/servers.ts";

const PLAIN_SOCKJS = "tests/balancers/plainSockjs.ts";

/** Load balancers of others, with servers of others: what they do is known beforehand. */
const CONTROLS: [string, (ports: readonly number[]) => Promise<Balancer>, boolean][] = [
  ["HAProxy with balance source", (ports) => startHaproxy("source", ports), true],
  ["HAProxy with balance roundrobin", (ports) => startHaproxy("roundrobin", ports), false],
  [
    "nginx with hash $remote_addr consistent",
    (ports) => startNginx("hash $remote_addr consistent;", ports),
    true,
  ],
  ["nginx going round robin", (ports) => startNginx("", ports), false],
];

describe("npm run verify on sockjs-node", () => {
  afterEach(endRuns);

  for (const [title, startBalancer, isSticky] of CONTROLS) {
    it(`finds ${title} ${isSticky ? "sticky" : "not sticky"}`, async () => {
      const servers = [runNode(PLAIN_SOCKJS, []), runNode(PLAIN_SOCKJS, [])];
      await waitFor("both listen", () => servers.every(({ out }) => out.endsWith("\n")));
      const balancer = await startBalancer(servers.map(({ out }) => Number(out)));
      const args = ["--sources", "20", "--sessions", "42", "--duration", "4", "--rate", "3"];
      const run = runNode("verify/main.ts", [balancer.url, ...args]);
      const code = await run.ended;
      await balancer.stop();
      equal(code, isSticky ? 0 : 1, run.out);
      match(run.out, isSticky ? /\nsticky: none of \d+/ : /\nnot sticky: \d+ of \d+/);
    });
  }
});

/** Load balancers that learn the client's address from a PROXY protocol header. */
const BEHIND_PROXIES: typeof CONTROLS = [
  [
    "HAProxy with balance source and accept-proxy",
    (ports) => startHaproxy("source", ports, { acceptsProxy: true }),
    true,
  ],
  [
    "HAProxy with balance roundrobin and accept-proxy",
    (ports) => startHaproxy("roundrobin", ports, { acceptsProxy: true }),
    false,
  ],
  [
    "nginx with hash $proxy_protocol_addr consistent",
    (ports) => startNginx("hash $proxy_protocol_addr consistent;", ports, true),
    true,
  ],
];

/** Enough for a verdict. */
const SHORT = ["--sources", "20", "--sessions", "30", "--duration", "3", "--rate", "8"];

const KINDS: [string, (port: number) => string[]][] = [
  ["http", (port) => [`http://127.0.0.1:${port}/`, "--kind", "http"]],
  ["sse", (port) => [`http://127.0.0.1:${port}/events`, "--kind", "sse"]],
  ["websocket", (port) => [`ws://127.0.0.1:${port}/`, "--echo"]],
  ["socketio", (port) => [`http://127.0.0.1:${port}/socket.io/`, "--replica", "none"]],
];

describe("npm run verify", () => {
  afterEach(stopServers);

  for (const [kind, argsFor] of KINDS) {
    for (const [title, startBalancer, isSticky] of CONTROLS) {
      it(`finds ${kind} behind ${title} ${isSticky ? "sticky" : "not sticky"}`, async () => {
        const balancer = await startBalancer(await startReplicas(["app-0", "app-1", "app-2"]));
        const [url = "", ...args] = argsFor(balancer.port);
        const { reasons, verdict } = await examine(url, ...args, ...SHORT);
        await balancer.stop();
        equal(verdict, isSticky ? "sticky" : "not sticky", reasons.join());
      });
    }

    for (const [title, startBalancer, isSticky] of BEHIND_PROXIES) {
      it(`finds ${kind} behind ${title} ${isSticky ? "sticky" : "not sticky"}, with PROXY headers`, async () => {
        const balancer = await startBalancer(await startReplicas(["app-0", "app-1", "app-2"]));
        const [url = "", ...args] = argsFor(balancer.port);
        const report = await examine(url, ...args, "--proxy-protocol", ...SHORT);
        await balancer.stop();
        equal(report.verdict, isSticky ? "sticky" : "not sticky", report.reasons.join());
      });
    }

    it(`finds ${kind} behind HAProxy's cookie sticky, and not without cookies`, async () => {
      const ports = await startReplicas(["app-0", "app-1", "app-2"]);
      const balancer = await startHaproxy("roundrobin", ports, { cookie: "SERVERID" });
      const [url = "", ...args] = argsFor(balancer.port);
      const verdicts = [];
      for (const state of ["on", "off"]) {
        const { reasons, verdict } = await examine(url, ...args, "--cookie-jar", state, ...SHORT);
        verdicts.push(verdict);
        match(reasons.join(), /^(none|\d+) of \d+ connections went astray/);
      }
      await balancer.stop();
      equal(verdicts.join(", "), "sticky, not sticky");
    });
  }

  it("finds HAProxy's consistent hashing sticky when a replica is added, and not its map-based one", async () => {
    const verdicts = [];
    for (const type of ["consistent", "map-based"]) {
      const ports = await startReplicas(["app-0", "app-1", "app-2", "app-3"]);
      const balance = `uri\n  hash-type ${type}`;
      const balancer = await startHaproxy(balance, ports, { spare: 1 });
      const args = ["--kind", "http", "--key", "path", "--scenario", "scale", "--sessions", "60"];
      const examined = examine(
        `http://127.0.0.1:${balancer.port}/`,
        ...args,
        "--duration",
        "6",
        "--rate",
        "6",
      );
      // All keys have been answered when a fifth of the run is over.
      await sleep(2000);
      await balancer.addReplicas();
      const { reasons, verdict } = await examined;
      await balancer.stop();
      verdicts.push(verdict);
      match(reasons.join(), /^\d+ of 60 keys moved when 1 of 4 replicas joined, /);
    }
    equal(verdicts.join(", "), "sticky, not sticky");
  });
});
