import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connectionsOfFronts } from "../../local/replicas/openFiles.ts";
import { connectionsOf, endFronts, send, startFront, startReplica } from "../support/httpFront.ts";
import { descendantsOf, endRuns, startLocal, type LocalRun } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

const MANY = 2000;

/** Connections that are opened at a time, for the queue of a listener is short. */
const AT_ONCE = 200;

/** Opens connections that say nothing. */
async function openMany(origin: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(origin);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const next = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () =>
      connect({ host: hostname, port: Number(port) }).on("error", () => undefined),
    );
    next.forEach((socket) => socket.resume());
    await waitFor("they are open", () => next.every(({ connecting }) => !connecting));
    sockets.push(...next);
  }
  return sockets;
}

const openOf = (sockets: readonly Socket[]): number =>
  sockets.filter(({ destroyed }) => !destroyed).length;

describe("npm start with 2,000 connections that are opened and left", function () {
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

  it("serves others, has nothing of them left, and closes what says nothing or is there at the end", async () => {
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

describe("a front that has as many connections as it may have", () => {
  afterEach(endFronts);

  it("closes more of them at once, serves those that it has, and others when there is room", async () => {
    const replica = await startReplica("app-00001");
    const origin = await startFront("none", [replica], { maxConnections: 10 });
    const first = await openMany(origin, 10);
    const more = await openMany(origin, 50);
    await waitFor("they are closed", () => openOf(more) === 0);
    equal(openOf(first), 10);
    let heard = "";
    first[0]?.on("data", (data) => (heard += String(data)));
    first[0]?.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await waitFor("it is served", () => heard.endsWith("app-00001"));
    first.forEach((socket) => socket.destroy());
    await waitFor("others are served", () =>
      send(origin).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    await waitFor("nothing is left", () => connectionsOf(replica) === 0);
  });

  it("may have so many that files are left for replicas, however many there are", () => {
    const [few, many] = [connectionsOfFronts(1), connectionsOfFronts(1000)];
    ok(many >= 1 && many < few, `${many} and ${few}`);
    const files = Number(execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }));
    ok(Number.isNaN(files) || 2 * few < files, `${few} connections, ${files} files`);
  });
});
