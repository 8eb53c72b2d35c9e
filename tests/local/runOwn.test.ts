import { deepEqual, equal, match, ok } from "node:assert/strict";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import {
  descendantsOf,
  endRuns,
  isAlive,
  replicasOf,
  runNode,
  startLocal,
  type LocalRun,
} from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

const FOLDER = fileURLToPath(new URL("ownApp", import.meta.url));

interface Visit {
  /** Process of the app. */
  pid: number;
  replica: string | undefined;
  cookie: string | undefined;
}

/** A request on a connection of its own. */
function visit(
  { origin }: LocalRun,
  options: { source?: string; cookie?: string | undefined; path?: string } = {},
): Promise<Visit> {
  const { cookie, path = "/", source = "127.0.0.1" } = options;
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie };
    const sent = request(new URL(path, origin), { agent: false, localAddress: source, headers });
    sent.once("error", reject).once("response", (response) => {
      let body = "";
      response.on("data", (part) => (body += String(part))).once("error", reject);
      response.once("end", () => {
        const { pid } = JSON.parse(body) as { pid: number };
        const [set] = response.headers["set-cookie"] ?? [];
        const replica = response.headers["x-replica"]?.toString();
        resolve({ pid, replica, cookie: set?.split(";")[0] });
      });
    });
    sent.end();
  });
}

/** Waits until another process of the app responds, which requests may fail before. */
async function otherThan(run: LocalRun, pid: number): Promise<number> {
  let next: number | undefined;
  await waitFor("another process responds", async () => {
    next = (await visit(run).catch(() => undefined))?.pid;
    return next !== undefined && next !== pid;
  });
  return next ?? 0;
}

const start = (...args: string[]): Promise<LocalRun> =>
  startLocal("--app", FOLDER, "--drain", "1", ...args);

describe("npm start with an app of one's own", () => {
  afterEach(endRuns);

  it("keeps every address on its replica, by default", async () => {
    const run = await start();
    match(run.out, /^ownapp http:\/\/127\.0\.0\.1:\d+ source-ip 3 replicas\n$/);
    const owners = new Set<number>();
    for (let number = 1; number <= 12; number++) {
      const source = `127.0.1.${number}`;
      const pids = [await visit(run, { source }), await visit(run, { source })].map(
        ({ pid }) => pid,
      );
      equal(new Set(pids).size, 1);
      owners.add(pids[0] ?? 0);
    }
    equal(owners.size, 3);
  });

  it("keeps every browser on its replica by a cookie of the front, names the replica, and reports clients that keep no cookie", async () => {
    const run = await start("--affinity", "cookie");
    await Promise.all(Array.from({ length: 50 }, () => visit(run, { path: "/bot" })));
    await waitFor("that is reported", () =>
      run.err.includes(
        '"requests":50,"path":"/bot","msg":"none of the first requests had the cookie',
      ),
    );
    const pids = new Set<number>();
    // So many that chance leaves out none of three replicas.
    for (let browser = 0; browser < 40; browser++) {
      const first = await visit(run);
      match(first.cookie ?? "", /^AWSALB=[\w-]+$/);
      match(first.replica ?? "", /^ownapp-0000[123]$/);
      const second = await visit(run, { cookie: first.cookie });
      deepEqual([second.pid, second.replica], [first.pid, first.replica]);
      pids.add(first.pid);
    }
    equal(pids.size, 3);
  });

  it("spreads connections with affinity none", async () => {
    const run = await start("--affinity", "none");
    const pids = new Set<number>();
    for (let number = 0; number < 40; number++) {
      pids.add((await visit(run)).pid);
    }
    equal(pids.size, 3);
  });

  for (const affinity of ["source-ip", "cookie"]) {
    it(`loses no request in a roll-out, in which it gets SIGTERM only after the drain, with affinity ${affinity}`, async () => {
      const run = await start("--affinity", affinity);
      const before = new Set<number>();
      for (let number = 1; number <= 12; number++) {
        before.add((await visit(run, { source: `127.0.1.${number}` })).pid);
      }
      run.child.kill("SIGUSR2");
      for (let number = 0; !run.err.includes('"roll-out done"'); number++) {
        await visit(run, { source: `127.0.2.${(number % 200) + 1}` });
      }
      ok(![...before].some(isAlive));
      equal(run.err.split('"SIGTERM"').length - 1, 3);
    });
  }

  it("restarts a replica whose app exits, and one whose app is killed", async () => {
    const run = await start("--replicas", "1");
    const { pid } = await visit(run);
    await visit(run, { path: "/exit" }).catch(() => undefined);
    const next = await otherThan(run, pid);
    process.kill(next, "SIGKILL");
    await otherThan(run, next);
  });

  it("replaces a replica whose app hangs, with all its processes", async () => {
    const run = await start("--replicas", "2");
    const { pid } = await visit(run);
    process.kill(pid, "SIGSTOP");
    await otherThan(run, pid);
    await waitFor("it is killed", () => !isAlive(pid));
    await waitFor("both are routable", () => replicasOf(run).size === 2);
  });

  it("lets a request end that is in progress when it is stopped, though the shell has exited", async () => {
    const run = await start("--replicas", "1", "--drain", "0");
    const { pid } = await visit(run);
    const answer = visit(run, { path: "/slow" });
    await waitFor("the request has arrived", async () => {
      await visit(run);
      return true;
    });
    run.child.kill("SIGTERM");
    equal((await answer).pid, pid);
    equal(await run.ended, 0);
    equal(isAlive(pid), false);
  });

  it("says why a replica does not get ready", async () => {
    const run = runNode("local/main.ts", [
      ...["--port", "0", "--app", FOLDER, "--replicas", "1", "--readiness", "/missing"],
    ]);
    await waitFor("it says so", () => run.err.includes("GET /missing responds 404; "));
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
  });

  it("leaves no process of the app when it is stopped, and when the front is killed", async () => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const run = await start();
      const processes = descendantsOf(run.pid);
      ok(processes.length >= 7);
      run.child.kill(signal);
      equal(await run.ended, signal === "SIGTERM" ? 0 : signal);
      await waitFor("nothing is left", () => !processes.some(isAlive));
    }
  });

  it("runs a command, and exits with status 1 if it exits before it is ready", async () => {
    const run = await startLocal("--command", `node ${FOLDER}/server.ts`, "--replicas", "1");
    ok((await visit(run)).pid > 0);
    const failing = runNode("local/main.ts", ["--port", "0", "--command", "exit 7"]);
    equal(await failing.ended, 1);
    match(failing.err, /exited with status 7 before it was ready/);
  });
});
