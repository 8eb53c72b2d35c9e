import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { reportJsonSchema } from "../../verify/report.ts";
import { startEchoServer, stopEchoServers } from "../support/echoServer.ts";
import { endRuns, runLimited, runNode } from "../drivers/localRun.ts";
import { folder, verify, VERIFY } from "./verifier.ts";

describe("the report of npm run verify", () => {
  afterEach(endRuns);
  afterEach(stopEchoServers);

  for (const option of ["--json", "--html", "--junit"]) {
    it(`is rejected before the run if it cannot be written by ${option}`, async () => {
      const { url } = await startEchoServer();
      const run = runNode(VERIFY, [url, option, "/nowhere/report", "--duration", "60"]);
      equal(await run.ended, 2);
      match(run.err, /^--\w+ is "\/nowhere\/report": ENOENT: .*; it must be a file that can be /);
      ok(run.err.startsWith(option));
    });
  }

  it("is printed if its files have no room, which are named", async () => {
    const { url } = await startEchoServer();
    const files = ["--json", "--html", "--junit"].flatMap((option) => [option, "/dev/full"]);
    const run = runNode(VERIFY, [url, "--sessions", "2", "--duration", "1", ...files]);
    equal(await run.ended, 2);
    match(
      run.err,
      /^--json is "\/dev\/full": ENOSPC: .*\n--html is "\/dev\/full": ENOSPC: .*\n--junit is "\/dev\/full": ENOSPC: .*\n$/,
    );
    match(run.out, /\ninconclusive: /);
  });

  it("makes it exit with status 2 if stdout has no room", async () => {
    const { url } = await startEchoServer();
    const args = [VERIFY, url, "--sessions", "2", "--duration", "1"];
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, args, { stdio: ["ignore", full, "pipe"] });
    closeSync(full);
    let err = "";
    child.stderr?.on("data", (data) => (err += String(data)));
    deepEqual(await once(child, "close"), [2, null]);
    match(err, /^stdout [^\n]*ENOSPC[^\n]*\n$/);
  });

  it("leaves no part of it in a file that has no room for all", async () => {
    const { url } = await startEchoServer();
    const report = join(folder, "part.json");
    const args = [url, "--sessions", "20", "--duration", "1", "--json", report];
    const run = runLimited("-f 1", VERIFY, args);
    equal(await run.ended, 2);
    match(run.err, /^--json is "[^"]*part.json": EFBIG/);
    equal(readFileSync(report, "utf8"), "");
  });

  it("has its JSON schema in the repository", () => {
    const schema = readFileSync(
      new URL("../../verify/report.schema.json", import.meta.url),
      "utf8",
    );
    deepEqual(JSON.parse(schema), JSON.parse(JSON.stringify(reportJsonSchema())));
  });

  it("can be a page", async () => {
    const { url } = await startEchoServer();
    const html = join(folder, "report.html");
    await verify(url, "--html", html, "--sessions", "2", "--duration", "1");
    const page = readFileSync(html, "utf8");
    match(page, /^<!doctype html>\n/);
    ok(page.includes(`<title>inconclusive: ${url}</title>`));
  });
});
