import { deepEqual, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endPostgres, signalReplica } from "../drivers/localDocument.ts";
import { Load } from "./load.ts";
import { descendantsOf, endRuns, isAlive, startLocal } from "../drivers/localRun.ts";
import { freePorts } from "../support/ports.ts";
import { waitFor } from "../drivers/waitFor.ts";

const APPS = ["echo", "company", "document"];

describe("npm start with all workloads under load", function () {
  this.timeout(360_000);

  let folder: string;
  let load: Load | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "local-faults-"));
  });

  afterEach(async () => {
    load?.close();
    await endRuns();
    rmSync(folder, { recursive: true, force: true });
  });

  it("loses nothing that it acknowledged when replicas, PostgreSQL and the front are killed, and continues", async () => {
    const port = await freePorts(APPS.length);
    const origins = APPS.map((_app, index) => `http://127.0.0.1:${port + index}`);
    const args = ["--workloads", APPS.join(","), "--port", String(port), "--data", folder];
    const run = await startLocal(...args, "--replicas", "2");
    load = new Load(origins);
    await load.begin();

    await Promise.all(APPS.map((app) => signalReplica(run, `${app}-00001`, "SIGKILL")));
    await load.goesOn();
    await endPostgres(run, "SIGKILL");
    await load.goesOn();
    // Taken out by the health checks, and in the end killed.
    await Promise.all(APPS.map((app) => signalReplica(run, `${app}-00002`, "SIGSTOP")));
    await load.goesOn();

    const all = descendantsOf(run.pid);
    ok(all.length > 10, `${all.length} processes`);
    process.kill(run.pid, "SIGKILL");
    await waitFor("nothing is left", () => !all.some(isAlive));
    await startLocal(...args, "--replicas", "2");
    await load.goesOn();
    await load.end();

    deepEqual(await load.lost(), { companies: [], messages: [], paragraphs: [] });
    deepEqual(load.faults, []);
  });
});
