import { deepEqual, equal, match, ok } from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { CookieJar } from "tough-cookie";
import {
  childrenOf,
  descendantsOf,
  endRuns,
  isAlive,
  pidOf,
  runNode,
  startLocal,
  type LocalRun,
} from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** So many that by chance alone they would not all miss one of three replicas. */
const BROWSERS = 24;

const COMPANY = ["--workloads", "company"];

/** Creates a company; the answer's status and the replica that gave it. */
async function create(
  { origin }: LocalRun,
  businessNumber: string,
): Promise<{ status: number; replica: string | null }> {
  const { status, headers } = await fetch(`${origin}/companies`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ legalName: "Acme", businessNumber }),
  });
  return { status, replica: headers.get("x-replica") };
}

/** The replica that answers for a company, with or without the cookies of a client. */
async function replicaFor({ origin }: LocalRun, path: string, jar?: CookieJar): Promise<string> {
  const url = origin + path;
  const response = await fetch(url, {
    headers: { Cookie: (await jar?.getCookieString(url)) ?? "" },
  });
  for (const cookie of response.headers.getSetCookie()) {
    await jar?.setCookie(cookie, url);
  }
  await response.arrayBuffer();
  return response.headers.get("x-replica") ?? "";
}

function isGuard(pid: number): boolean {
  return isAlive(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("guard.ts");
}

/** PostgreSQL's own process. */
function postgresOf({ pid }: LocalRun): number {
  const [keeper] = childrenOf(pid).filter((child) => childrenOf(child).length > 0);
  const [postgres] = childrenOf(keeper ?? 0);
  return postgres ?? 0;
}

describe("npm start with the company registry", function () {
  // Each test starts many processes, and up to four times.
  this.timeout(120_000);

  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "local-run-test-"));
  });

  afterEach(async () => {
    await endRuns();
    rmSync(folder, { recursive: true, force: true });
  });

  it("runs both workloads, reports when both are ready, and rolls both", async () => {
    const run = await startLocal(
      ...["--workloads", "echo,company", "--replicas", "2"],
      ...["--ephemeral", "--drain", "0.2"],
    );
    match(
      run.out,
      /^echo http:\/\/127\.0\.0\.1:\d+ source-ip 2 replicas\ncompany http:\/\/127\.0\.0\.1:\d+ cookie 2 replicas\n$/,
    );
    const origins = [...run.out.matchAll(/http:\S+/g)].map(([origin]) => origin);
    for (const origin of origins) {
      equal((await fetch(origin)).status, 200);
    }
    run.child.kill("SIGUSR2");
    await waitFor("both are rolled", () => run.err.match(/"roll-out done"/g)?.length === 2);
    run.child.kill("SIGTERM");
    equal(await run.ended, 0);
  });

  it("keeps a browser on its replica by cookie until the replica dies", async () => {
    const run = await startLocal(...COMPANY, "--ephemeral");
    const jars = Array.from({ length: BROWSERS }, () => new CookieJar());
    const owners = () => Promise.all(jars.map((jar) => replicaFor(run, "/companies", jar)));
    const before = await owners();
    equal(new Set(before).size, 3);
    deepEqual(await owners(), before);
    const [lost = ""] = before;
    const pid = pidOf(run, lost);
    process.kill(pid, "SIGSTOP");
    await waitFor("the front knows", () => run.err.includes('"availability":"unavailable"'));
    const after = await owners();
    before.forEach((owner, index) => ok(owner === lost || after[index] === owner));
    ok(!after.includes(lost));
    deepEqual(await owners(), after);
    process.kill(pid, "SIGKILL");
  });

  it("keeps a number on its replica by key, for every client and every spelling", async () => {
    const run = await startLocal(...COMPANY, "--ephemeral", "--affinity", "key");
    match(run.out, / key 3 replicas\n$/);
    const numbers = Array.from({ length: 12 }, (_, index) => `DE10${index}`);
    const owners = (): Promise<string[]> =>
      Promise.all(numbers.map((number) => replicaFor(run, `/companies/${number}`)));
    const before = await owners();
    equal(new Set(before).size, 3);
    for (const [index, number] of numbers.entries()) {
      const first = await create(run, number.toLowerCase().replace("10", "-1 0"));
      const second = await create(run, number);
      deepEqual([first.status, second.status], [201, 409]);
      deepEqual([first.replica, second.replica], [before[index], before[index]]);
    }
    const [lost = ""] = before;
    const pid = pidOf(run, lost);
    process.kill(pid, "SIGSTOP");
    await waitFor("the front knows", () => run.err.includes('"availability":"unavailable"'));
    const without = await owners();
    before.forEach((owner, index) => ok(owner === lost || without[index] === owner));
    ok(!without.includes(lost));
    process.kill(pid, "SIGKILL");
    await waitFor("its keys are back", async () => (await owners()).join() === before.join());
  });

  it("spreads requests with affinity none, even of one client and for one number", async () => {
    const run = await startLocal(...COMPANY, "--ephemeral", "--affinity", "company=none");
    const jar = new CookieJar();
    const met = new Set<string>();
    for (let request = 0; request < 40; request++) {
      met.add(await replicaFor(run, "/companies/DE1", jar));
    }
    equal(met.size, 3);
  });

  it("keeps companies from run to run, also after a kill, and rejects a second run at the same time", async () => {
    const args = [...COMPANY, "--replicas", "1", "--drain", "0.1", "--data", folder];
    const first = await startLocal(...args);
    equal((await create(first, "DE1")).status, 201);
    first.child.kill("SIGKILL");
    const second = await startLocal(...args);
    equal((await create(second, "DE1")).status, 409);
    const refused = runNode("local/main.ts", ["--port", "0", ...args], { LOG_LEVEL: "silent" });
    equal(await refused.ended, 2);
    equal(refused.out, "");
    equal(
      refused.err,
      `${folder} is in use by another PostgreSQL, process ${postgresOf(second)}; ` +
        "it must be in use by one run at a time; stop that run, or use --ephemeral\n",
    );
    equal((await create(second, "DE2")).status, 201);
    second.child.kill("SIGTERM");
    equal(await second.ended, 0);
    equal(existsSync(join(folder, "data", "postmaster.pid")), false);
    const third = await startLocal(...args);
    equal((await create(third, "DE2")).status, 409);
  });

  it("restarts PostgreSQL after it was killed, with everything that was acknowledged", async () => {
    const run = await startLocal(...COMPANY, "--replicas", "1", "--data", folder);
    equal((await create(run, "DE1")).status, 201);
    process.kill(postgresOf(run), "SIGKILL");
    const during = await create(run, "DE2");
    ok(during.status === 503 || during.status === 201);
    await waitFor("it is back", async () => (await create(run, "DE1")).status === 409);
  });

  for (const isStopped of [false, true]) {
    it(`leaves no process and no ephemeral data, in a relative TMPDIR, when the front is killed${isStopped ? ", even if PostgreSQL hangs" : ""}`, async () => {
      // User postgres has to get through.
      chmodSync(folder, 0o755);
      const args = [...COMPANY, "--replicas", "1", "--port", "0", "--ephemeral"];
      const run = runNode("local/main.ts", args, { TMPDIR: relative(process.cwd(), folder) });
      await waitFor("it is ready", () => run.out.endsWith("replicas\n"));
      const all = descendantsOf(run.child.pid ?? 0);
      ok(all.length > 8, `${all.length} processes`);
      if (isStopped) {
        all.filter((pid) => !isGuard(pid)).forEach((pid) => process.kill(pid, "SIGSTOP"));
      }
      run.child.kill("SIGKILL");
      await waitFor("nothing is left", () => !all.some(isAlive));
      await waitFor("no data are left", () => readdirSync(folder).length === 0);
    });
  }
});
