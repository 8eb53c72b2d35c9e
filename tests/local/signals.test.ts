import { equal, match } from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import {
  childrenOf,
  endRuns,
  processesWith,
  replicasOf,
  runInTerminal,
  runNode,
  signal,
  type Run,
} from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

const ECHO = ["local/main.ts", "--workloads", "echo", "--port", "0", "--replicas", "2"];

const CTRL_C = "\x03";

/** Has a module wait that all of the run needs. */
const SLOW_LOADING = `
  import { existsSync, writeFileSync } from "node:fs";
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      if (url.endsWith("local/run.ts")) {
        writeFileSync(process.env.FOLDER + "/loading", "");
        while (!existsSync(process.env.FOLDER + "/go"));
      }
      return next(url, context);
    },
  });
`;

/** Whether a process has a handler for a signal, as Linux reports. */
function handles(pid: number, signal: NodeJS.Signals): boolean {
  const mask = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

describe("npm start, when it is stopped,", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "local-signals-"));
  });

  afterEach(async () => {
    await endRuns();
    rmSync(folder, { recursive: true });
  });

  /** The same in a terminal, which sends Ctrl-C as a signal to all of the process group where it is not read as a key. */
  function startInTerminal(stdin: "" | "</dev/null"): Run {
    const command = [process.execPath, ...ECHO, "--drain", "0.2"].join(" ");
    return runInTerminal(`exec ${command} ${stdin}`);
  }

  const frontOf = ({ child }: Run): number => childrenOf(child.pid ?? 0)[0] ?? 0;

  it("exits with status 0 while it is loading", async () => {
    const hook = join(folder, "hook.mjs");
    writeFileSync(hook, SLOW_LOADING);
    const options = `--import ${hook}`;
    const run = runNode(ECHO[0] ?? "", ECHO.slice(1), { NODE_OPTIONS: options, FOLDER: folder });
    await waitFor("it is being loaded", () => existsSync(join(folder, "loading")));
    equal(handles(run.child.pid ?? 0, "SIGHUP"), true);
    run.child.kill("SIGTERM");
    writeFileSync(join(folder, "go"), "");
    equal(await run.ended, 0);
    equal(run.err, "");
  });

  it("exits with status 0 if the signal has also ended the build of the pages, and that is noticed first", async () => {
    const builder = join(folder, "builder");
    writeFileSync(builder, "#!/bin/sh\nexec sleep 1000\n", { mode: 0o755 });
    const run = runNode(ECHO[0] ?? "", ECHO.slice(1), { ESBUILD_BINARY_PATH: builder });
    const building = (): number | undefined =>
      childrenOf(run.child.pid ?? 0).find((pid) =>
        processesWith("sleep\x001000\x00").includes(pid),
      );
    await waitFor("the pages are being built", () => building() !== undefined);
    run.child.kill("SIGSTOP");
    signal(building(), "SIGINT");
    await waitFor("that has ended", () => building() === undefined);
    run.child.kill("SIGINT");
    run.child.kill("SIGCONT");
    equal(await run.ended, 0);
    equal(run.err, "");
  });

  for (const stdin of ["", "</dev/null"] as const) {
    const how = stdin === "" ? "as a key" : "as a signal to all";
    it(`drains all replicas on Ctrl-C, sent ${how}`, async () => {
      const run = startInTerminal(stdin);
      await waitFor("it is ready", () => /^echo http.* 2 replicas\r$/m.test(run.out));
      equal(replicasOf({ pid: frontOf(run) }).size, 2);
      run.child.stdin?.write(CTRL_C);
      equal(await run.ended, 0);
      const log = stripVTControlCharacters(run.out);
      equal(log.match(/"phase":"closed"/g)?.length, 2);
      match(log, /"code":0,/);
    });
  }

  it("exits with status 0 on Ctrl-C while replicas start", async () => {
    const run = startInTerminal("</dev/null");
    await waitFor("they start", () => replicasOf({ pid: frontOf(run) }).size === 2);
    run.child.stdin?.write(CTRL_C);
    equal(await run.ended, 0);
  });
});
