import { deepEqual, equal, match, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { endRuns, pidOf, runNode, startLocal } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { FALL_BACKS, verify } from "./verifier.ts";

/** Sessions in a log. */
function openedIn(log: string): number {
  return log.split('"session opened"').length - 1;
}

describe("npm run verify, while connections drop or replicas stop,", () => {
  afterEach(endRuns);

  it("expects reconnecting sessions on the same replica", async () => {
    const { url } = await startLocal("--replicas", "2");
    const { code, report } = await verify(
      url,
      ...["--scenario", "reconnect", "--sources", "10", "--sessions", "14"],
      ...["--duration", "4", "--rate", "5"],
    );
    equal(code, 0);
    ok(report().sessions.every(({ reconnects }) => reconnects === 4));
  });

  it("tries one fallback after the other from each address", async () => {
    const { url } = await startLocal("--replicas", "2");
    const { code, report } = await verify(
      url,
      ...["--scenario", "fallback", "--sources", "10", "--sessions", "10", "--duration", "6"],
    );
    equal(code, 0);
    for (const { transports, replicas } of report().sessions) {
      deepEqual(new Set(transports), new Set(FALL_BACKS));
      equal(replicas.length, 1);
    }
  });

  it("waits for the roll-out of the replicas, however long it takes, and finds nothing lost", async () => {
    const run = await startLocal("--replicas", "2", "--drain", "0.5");
    const { code, out, report } = await verify(
      run.url,
      ...["--scenario", "rollout", "--roll-pid", String(run.pid)],
      ...["--sources", "21", "--sessions", "21", "--duration", "2", "--rate", "4"],
    );
    equal(code, 0, out);
    match(out, /\nsticky: all 21 sessions moved, and no message was lost or duplicated\n$/);
    ok(report().totals.reconnects >= 21);
    await waitFor("the roll-out is done", () => run.err.includes("roll-out done"));
  });

  it("sees only a killed replica's sessions move", async () => {
    const run = await startLocal();
    const verifying = verify(
      run.url,
      ...["--sources", "21", "--sessions", "21", "--duration", "5", "--rate", "5"],
    );
    await waitFor("sessions are open", () => openedIn(run.err) === 21);
    process.kill(pidOf(run, "echo-00002"), "SIGKILL");
    const { report } = await verifying;
    const moved = report().sessions.filter(({ reconnects }) => reconnects > 0);
    ok(moved.length > 0);
    ok(moved.every(({ replicas }) => replicas[0] === "echo-00002"));
    equal(report().totals.lost, 0);
  });

  it("is inconclusive about a server that dies during the run", async () => {
    const replica = runNode("app/main.ts", [], { PORT: "0", HOST: "127.0.0.1" });
    const port = (): string | undefined => /"port":(\d+)/.exec(replica.out)?.[1];
    await waitFor("it listens", () => port() !== undefined);
    const verifying = verify(
      `http://127.0.0.1:${String(port())}/echo`,
      ...["--sessions", "14", "--duration", "4", "--rate", "10"],
    );
    await waitFor("sessions are open", () => openedIn(replica.out) === 14);
    // Until all have been answered.
    await sleep(1000);
    replica.child.kill("SIGKILL");
    const { code, out, report } = await verifying;
    equal(code, 4);
    match(
      out,
      /\ninconclusive: \d+ failures in \d+ messages are more than 1 %;.* \d+ messages? lost; /,
    );
    ok(report().totals.awayMs > 1000);
  });
});
