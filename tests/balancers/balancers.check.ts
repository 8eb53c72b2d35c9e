import { equal, match } from "node:assert/strict";
import { endRuns, runNode } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { startHaproxy, startNginx, type Balancer } from "./balancers.ts";

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
