import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { endRuns, runInTerminal, startLocal, type Run } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** Records the exit status of a process. */
const RECORD_STATUS = `
  import { writeFileSync } from "node:fs";
  const { STATUS_FILE } = process.env;
  if (STATUS_FILE !== undefined) {
    process.on("exit", (status) => writeFileSync(STATUS_FILE, String(status)));
  }
`;

function startInTerminal(what: string, env = ""): Run {
  const flags = `${what} --replicas 1 --port 0 --ephemeral --drain 0.2`;
  return runInTerminal(`exec env ${env} ${process.execPath} local/main.ts ${flags} </dev/null`);
}

describe("npm start", () => {
  afterEach(endRuns);

  it("shows in a terminal what it waits for, and log lines formatted for people", async () => {
    const run = startInTerminal("--workloads company");
    await waitFor("it is ready", () => /^company http.*replicas\r$/m.test(run.out));
    const lines = stripVTControlCharacters(run.out).trimEnd().split(/\r?\n/);
    deepEqual(
      lines.filter((line) => !line.startsWith("[")).map((line) => line.replace(/:\d+ /, ":PORT ")),
      [
        "building the pages",
        "starting PostgreSQL",
        "company: 0 of 1 replicas are ready",
        "company: 1 of 1 replicas are ready",
        "company http://127.0.0.1:PORT cookie 1 replicas",
      ],
    );
    const log = lines.filter((line) => line.startsWith("[")).join("\n");
    match(log, /^\[[\d:.]+\] INFO \(\d+\): PostgreSQL is ready \{"port":"\d+"\}$/m);
    match(log, /^\[[\d:.]+\] INFO: phase \{"replica":"company-00001","phase":"ready"\}$/m);
  });

  it("builds no pages if no built-in app runs", async () => {
    const run = startInTerminal("--app tests/local/ownApp");
    await waitFor("it is ready", () => / 1 replicas\r$/m.test(run.out));
    doesNotMatch(run.out, /building the pages/);
  });

  it("writes only JSON lines if stderr is a pipe", async () => {
    const { err } = await startLocal("--replicas", "1");
    const lines = err.trimEnd().split("\n");
    deepEqual(
      lines.map((line) => Object.keys(JSON.parse(line) as object).slice(0, 3)),
      lines.map((line) => ["level", "time", line.includes('"front"') ? "front" : "replica"]),
    );
  });

  it("drains in order when its terminal is closed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "local-stderr-"));
    const [hook, status] = [join(folder, "hook.mjs"), join(folder, "status")];
    writeFileSync(hook, RECORD_STATUS);
    const run = startInTerminal(
      "--workloads echo",
      `NODE_OPTIONS="--import ${hook}" STATUS_FILE=${status}`,
    );
    await waitFor("it is ready", () => /^echo http.*replicas\r$/m.test(run.out));
    run.child.kill("SIGKILL");
    await waitFor("it has exited", () => existsSync(status) && readFileSync(status).length > 0);
    equal(readFileSync(status, "utf8"), "0");
    rmSync(folder, { recursive: true });
  });
});
