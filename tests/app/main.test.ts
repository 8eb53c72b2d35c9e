import { deepEqual, equal, match } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { endRuns, runNode } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

const MAIN = "app/main.ts";

interface Line {
  msg: string;
  replica: string;
  port?: number;
  phase?: string;
}

const linesOf = (out: string): Line[] =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

describe("the app in a container", () => {
  afterEach(endRuns);

  it("logs where it listens as JSON lines, drains on SIGTERM and exits with status 0", async () => {
    const env = { PORT: "0", HOST: "127.0.0.1", REPLICA_NAME: "echo-abc", DRAIN_SECONDS: "0.3" };
    const run = runNode(MAIN, [], env);
    await waitFor("it listens", () => run.out.includes('"msg":"listening"'));
    const port = linesOf(run.out).find(({ msg }) => msg === "listening")?.port ?? 0;
    const ready = `http://127.0.0.1:${port}/readyz`;
    equal((await fetch(ready)).status, 200);
    run.child.kill("SIGTERM");
    await waitFor("it drains", async () => (await fetch(ready)).status === 503);
    equal(await run.ended, 0);
    deepEqual(
      linesOf(run.out).flatMap(({ phase }) => phase ?? []),
      ["ready", "draining", "closing", "closed"],
    );
    deepEqual(
      linesOf(run.out).filter(({ replica }) => replica !== "echo-abc"),
      [],
    );
    equal(run.err, "");
  });

  it("reports all invalid settings at once, with what they must be, and exits with status 2", async () => {
    const env = {
      PORT: "http",
      DRAIN_SECONDS: "-1",
      MAX_SESSIONS: "0",
      LOG_LEVEL: "loud",
      ALLOWED_ORIGINS: "*",
    };
    const run = runNode(MAIN, [], env);
    equal(await run.ended, 2);
    deepEqual(run.err.split("\n"), [
      'PORT is "http"; it must be a whole number from 0 to 65535 (for example 8080)',
      'DRAIN_SECONDS is "-1"; it must be a number from 0 to 3600 (for example 150)',
      'ALLOWED_ORIGINS is "*"; it must be a list of origins, each https:// or http:// with a host, in lower case (for example https://app.example.com,https://other.example.com)',
      'LOG_LEVEL is "loud"; it must be debug or info or warn or error or silent (for example debug)',
      'MAX_SESSIONS is "0"; it must be a whole number from 1 to 100000 (for example 800)',
      "",
    ]);
  });

  it("continues to serve when nobody reads its log", async () => {
    const env = { PORT: "0", HOST: "127.0.0.1", MAX_SESSIONS: "2000" };
    const run = runNode(MAIN, [], env);
    await waitFor("it listens", () => run.out.includes('"msg":"listening"'));
    const port = linesOf(run.out).find(({ msg }) => msg === "listening")?.port ?? 0;
    run.child.stdout?.pause();
    // Each of these opens a session, which is logged: far more than a pipe holds.
    for (let request = 0; request < 1500; request++) {
      const url = `http://127.0.0.1:${port}/echo/000/session-${request}/xhr`;
      equal(await (await fetch(url, { method: "POST" })).text(), "o\n");
    }
    await sleep(0);
    match(run.out, /listening/);
  });
});
