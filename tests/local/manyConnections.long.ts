import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { descendantsOf, endRuns, startLocal, type LocalRun } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { send } from "../support/httpFront.ts";
import { openMany, openOf } from "./manyConnections.ts";

const MANY = 2000;

describe("npm start with 2,000 abandoned connections", function () {
  this.timeout(180_000);

  afterEach(endRuns);

  /** Files that the front and its replicas have open. */
  function filesOf({ pid }: LocalRun): number {
    return [pid, ...descendantsOf(pid)].reduce((sum, each) => {
      try {
        return sum + readdirSync(`/proc/${each}/fd`).length;
      } catch {
        return sum;
      }
    }, 0);
  }

  it("serves other clients, keeps nothing of closed connections, and closes silent and remaining ones", async () => {
    const args = ["--workloads", "echo,company,document", "--replicas", "1"];
    const run = await startLocal(...args, "--ephemeral", "--drain", "0.2");
    const origins = [...run.out.matchAll(/http:\S+/g)].map(([origin]) => origin);
    const [echo = "", company = "", document = ""] = origins;
    const areServed = async (): Promise<void> => {
      const answers = await Promise.all(origins.map((origin) => send(`${origin}/healthz`)));
      deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
    };
    await areServed();
    const before = filesOf(run);
    // Health checks and the database come and go.
    const isBack = (): boolean => filesOf(run) < before + 50;

    const left = await openMany(echo, MANY);
    await areServed();
    ok(filesOf(run) > before + MANY / 2, `${filesOf(run)} files, ${before} before`);
    left.forEach((socket) => socket.destroy());
    await waitFor("nothing of them is left", isBack);

    const silent = await openMany(company, MANY);
    equal(openOf(silent), MANY);
    await areServed();
    await waitFor("they are closed", () => openOf(silent) === 0);
    await waitFor("nothing of them is left", isBack);

    const last = await openMany(document, MANY);
    await areServed();
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
    await waitFor("they are closed", () => openOf(last) === 0);
    const [untilDrain = ""] = run.err.split('"phase":"draining"');
    ok(!untilDrain.includes('"availability":"unavailable"'));
  });
});
