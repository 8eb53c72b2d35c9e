import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { TRANSPORTS } from "../../verify/sockjs/transport.ts";
import {
  childrenOf,
  endRuns,
  isAlive,
  pidOf,
  replicaOf,
  replicasOf,
  runNode,
  startLocal,
} from "../drivers/localRun.ts";
import { echoOnce } from "../support/sessions.ts";
import { waitFor } from "../drivers/waitFor.ts";

const sources = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `127.0.1.${index + 1}`);

describe("npm start", () => {
  afterEach(endRuns);

  it("writes only each workload's URL to stdout", async () => {
    const run = await startLocal();
    match(run.out, /^echo http:\/\/127\.0\.0\.1:\d+ source-ip 3 replicas\n$/);
    equal((await fetch(run.origin)).status, 200);
    equal(replicasOf(run).size, 3);
  });

  it("keeps every address on its replica over all transports and connections", async () => {
    const { url, origin } = await startLocal("--replicas", "4");
    const owners = new Map<string, string>();
    for (const source of sources(24)) {
      owners.set(source, await replicaOf(origin, source));
    }
    equal(new Set(owners.values()).size, 4);
    const sessions = sources(24).flatMap((source) =>
      TRANSPORTS.map(async (transport) => {
        const met = new Set<unknown>();
        await echoOnce({
          url,
          transport,
          source,
          onAnswer: ({ headers }) => met.add(headers["x-replica"]),
        });
        deepEqual([...met], [owners.get(source)], `${transport} from ${source}`);
      }),
    );
    await Promise.all(sessions);
  });

  it("spreads every connection anew with --affinity none, which breaks fallbacks", async () => {
    const { url, origin, out } = await startLocal("--affinity", "none");
    match(out, / none 3 replicas\n$/);
    const met = new Set<string>();
    for (let request = 0; request < 40; request++) {
      met.add(await replicaOf(origin, "127.0.1.1"));
    }
    equal(met.size, 3);
    // A session may also wait forever: its message is on one replica, its poll on another.
    const breaks: string[] = [];
    for (let session = 0; session < 20; session++) {
      echoOnce({ url, transport: "xhr-polling" }).catch((error: unknown) => {
        breaks.push(String(error));
      });
    }
    await waitFor("a session breaks", () => breaks.some((fault) => fault.endsWith("answered 404")));
  });

  describe("when a replica is lost", () => {
    it("moves only the clients of a killed replica, and restarts it under its name", async () => {
      const run = await startLocal();
      const before = new Map<string, string>();
      for (const source of sources(20)) {
        before.set(source, await replicaOf(run.origin, source));
      }
      const pid = pidOf(run, "echo-00002");
      process.kill(pid, "SIGKILL");
      await waitFor("its process has gone", () => !isAlive(pid));
      for (const source of sources(20)) {
        const replica = await replicaOf(run.origin, source);
        ok(before.get(source) === "echo-00002" || replica === before.get(source));
      }
      await waitFor("it is back", async () => {
        const owned = [...before].find(([, replica]) => replica === "echo-00002");
        return (await replicaOf(run.origin, owned?.[0] ?? "")) === "echo-00002";
      });
      equal(replicasOf(run).size, 3);
    });

    it("detects a hanging replica, serves its clients by others, and replaces it", async () => {
      const run = await startLocal("--replicas", "2");
      const source = sources(20).at(-1) ?? "";
      const owner = await replicaOf(run.origin, source);
      const pid = pidOf(run, owner);
      process.kill(pid, "SIGSTOP");
      // Offered to the one that hangs before the front can know, and answered by the other.
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => replicaOf(run.origin, source)),
      );
      equal(answers.length, 50);
      ok(answers.every((replica) => replica !== owner));
      await waitFor("it was killed", () => !isAlive(pid));
      await waitFor("its name is served", async () => {
        return (await replicaOf(run.origin, source)) === owner;
      });
    });

    it("does not return connections to a paused replica that another replica has taken", async () => {
      const run = await startLocal("--replicas", "2");
      const source = "127.0.1.1";
      const owner = await replicaOf(run.origin, source);
      const pid = pidOf(run, owner);
      process.kill(pid, "SIGSTOP");
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => replicaOf(run.origin, source)),
      );
      process.kill(pid, "SIGCONT");
      ok(answers.every((replica) => replica !== owner));
      await waitFor("it serves again", async () => {
        return (await replicaOf(run.origin, source)) === owner;
      });
      equal(isAlive(pid), true);
      match(await echoOnce({ url: run.url, transport: "xhr-polling", source }), /: hello$/);
    });

    it("closes the connections of a replica that was stopped and then killed", async () => {
      const run = await startLocal("--replicas", "1");
      const pid = pidOf(run, "echo-00001");
      process.kill(pid, "SIGSTOP");
      const { hostname, port } = new URL(run.origin);
      const closed = Array.from({ length: 50 }, () => {
        const socket = connect({ host: hostname, port: Number(port) });
        socket.write("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        return new Promise<string>((resolve, reject) => {
          let answer = "";
          socket.on("data", (data) => (answer += String(data)));
          socket.once("close", () => resolve(answer)).once("error", reject);
        });
      });
      await sleep(100);
      process.kill(pid, "SIGKILL");
      const answers = await Promise.all(closed);
      ok(answers.every((answer) => answer.startsWith("HTTP/1.1 200 ")));
    });
  });

  describe("signals", () => {
    it("rolls one replica after the other on SIGUSR2", async () => {
      const run = await startLocal("--replicas", "2", "--drain", "0.2");
      const before = [...replicasOf(run).values()];
      run.child.kill("SIGUSR2");
      await waitFor("all were replaced", () => run.err.includes("roll-out done"));
      const after = [...replicasOf(run).values()];
      equal(after.length, 2);
      deepEqual(
        after.filter((pid) => before.includes(pid)),
        [],
      );
      const ends = [...run.err.matchAll(/"phase":"(closed|ready)"/g)].map(([, phase]) => phase);
      deepEqual(ends.slice(2), ["closed", "ready", "closed", "ready"]);
    });

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      it(`drains on ${signal} and exits with status 0, also when it arrives twice at once`, async () => {
        const run = await startLocal("--replicas", "2", "--drain", "0.3");
        const replicas = [...replicasOf(run).values()];
        run.child.kill(signal);
        run.child.kill(signal);
        equal(await run.ended, 0);
        deepEqual(replicas.filter(isAlive), []);
        equal(run.err.match(/"phase":"draining"/g)?.length, 2);
        equal(run.err.match(/"phase":"closed"/g)?.length, 2);
      });
    }

    it("drains completely when replicas receive the signal as well, and more than once", async () => {
      const run = await startLocal("--replicas", "2", "--drain", "0.3");
      const replicas = [...replicasOf(run).values()];
      run.child.kill("SIGTERM");
      [...replicas, ...replicas].forEach((pid) => process.kill(pid, "SIGTERM"));
      equal(await run.ended, 0);
      equal(run.err.match(/"phase":"closed"/g)?.length, 2);
      equal(run.err.match(/"signal":"SIGTERM"/g), null);
    });

    it("rolls a replica that is still starting only when it has started", async () => {
      const args = ["--workloads", "echo", "--port", "0", "--drain", "0.1", "--replicas", "1"];
      const run = runNode("local/main.ts", args);
      await waitFor("it has begun", () => replicasOf({ pid: run.child.pid ?? 0 }).size === 1);
      run.child.kill("SIGUSR2");
      await waitFor("it is ready", () => run.out.endsWith("replicas\n"));
      await waitFor("it was rolled", () => run.err.includes("roll-out done"));
    });

    it("exits immediately on a second signal that arrives later", async () => {
      const run = await startLocal("--replicas", "2", "--drain", "60");
      const replicas = [...replicasOf(run).values()];
      run.child.kill("SIGTERM");
      await sleep(600);
      run.child.kill("SIGTERM");
      equal(await run.ended, 130);
      await waitFor("no replica is left", () => !replicas.some(isAlive));
    });

    it("leaves no process and no open port when the front is killed, even with a hanging replica", async () => {
      const run = await startLocal("--replicas", "2");
      const replicas = childrenOf(run.pid);
      equal(replicasOf(run).size, 2);
      process.kill(pidOf(run, "echo-00002"), "SIGSTOP");
      run.child.kill("SIGKILL");
      await waitFor("no replica is left", () => !replicas.some(isAlive));
      const { hostname, port } = new URL(run.origin);
      const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
        connect(Number(port), hostname).once("error", resolve);
      });
      equal(error.code, "ECONNREFUSED");
    });
  });
});
