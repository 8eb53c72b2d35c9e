import { deepEqual, equal, match } from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { signal } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";
import { Commands } from "./commands.ts";

const require = createRequire(import.meta.url);
const UP = fileURLToPath(new URL("../../deploy/up.ts", import.meta.url));

describe("npm run up, when it is signalled", () => {
  let commands: Commands;
  /** A `pulumi` that writes down its signals, and what it reads, and ends with 5 when it may. */
  let script: string;
  beforeEach(() => {
    commands = new Commands();
    commands.write("aws", "exit 255");
    const log = join(commands.folder, "log");
    script = [
      `if [ "$1" = stack ]; then exit 255; fi`,
      ...["INT", "TERM", "HUP"].map((signal) => `trap "echo ${signal} >> ${log}" ${signal}`),
      `echo started >> ${log}`,
      `if read -r line; then echo "$line" >> ${log}; fi`,
      // Until the test, or at least its folder, ends.
      `while [ -e ${commands.folder}/aws ]; do sleep 0.05; done`,
      "exit 5",
    ].join("\n");
    commands.write("pulumi", script);
  });
  afterEach(() => commands.close());

  function log(): string[] {
    const file = join(commands.folder, "log");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** Lets `pulumi` end, and gives the status of what ran it. */
  async function ended(child: ChildProcess): Promise<unknown> {
    const exit = once(child, "exit");
    rmSync(join(commands.folder, "aws"));
    const [status] = (await exit) as [unknown];
    return status;
  }

  async function started(): Promise<void> {
    await waitFor("Pulumi is started", () => log().includes("started"));
  }

  for (const [signal, passedOn] of [
    ["SIGINT", "INT"],
    ["SIGTERM", "TERM"],
    ["SIGHUP", "TERM"],
  ] as const) {
    it(`passes ${signal} on as ${passedOn}, and waits for Pulumi to clean up`, async () => {
      const up = commands.start("up");
      await started();
      up.kill(signal);
      await waitFor("Pulumi is signalled", () => log().length > 1);
      equal(up.exitCode, null);
      equal(await ended(up), 5);
      deepEqual(log(), ["started", passedOn]);
    });
  }

  it("passes on one of two that arrive together, and a later one, on which Pulumi exits immediately", async () => {
    const up = commands.start("up");
    await started();
    up.kill("SIGINT");
    up.kill("SIGTERM");
    await waitFor("Pulumi is signalled", () => log().length > 1);
    await waitFor("it is signalled again", () => up.kill("SIGINT") && log().length > 2);
    equal(await ended(up), 5);
    // The system delivers two signals in any order.
    const [first = "", ...later] = log().slice(1, 3);
    match(first, /^(INT|TERM)$/);
    deepEqual(later, ["INT"]);
  });

  it("lets Pulumi receive a signal to the whole process group once", async () => {
    const { PATH = "" } = process.env;
    const env = { ...process.env, PATH: `${commands.folder}:${PATH}` };
    const up = spawn(process.execPath, [UP], { detached: true, stdio: "ignore", env });
    await started();
    signal(up.pid && -up.pid, "SIGINT");
    await waitFor("Pulumi is signalled", () => log().length > 1);
    equal(await ended(up), 5);
    deepEqual(log(), ["started", "INT"]);
  });

  it("lets Pulumi read from the terminal, and receive a Ctrl-C in it once", async () => {
    const { PATH = "" } = process.env;
    const env = { ...process.env, PATH: `${commands.folder}:${PATH}`, SHELL: "/bin/sh" };
    const command = `exec ${process.execPath} ${UP}`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], { env, stdio: "pipe" });
    await started();
    terminal.stdin.write("yes\n");
    await waitFor("it has read", () => log().includes("yes"));
    terminal.stdin.write("\x03");
    await waitFor("Pulumi is signalled", () => log().length > 2);
    equal(await ended(terminal), 5);
    deepEqual(log(), ["started", "yes", "INT"]);
  });

  it("runs the CLI itself instead of npm's wrapper, which would exit and leave it running", async () => {
    const { version } = require("pulumi/package.json") as { version: string };
    const home = join(commands.folder, "home");
    const bin = join(home, "versions", version, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "pulumi"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const npm = join(commands.folder, "npm");
    mkdirSync(npm);
    symlinkSync(require.resolve("pulumi/run.js"), join(npm, "pulumi"));
    const { PATH = "" } = process.env;
    const up = spawn(process.execPath, [UP], {
      env: { ...process.env, PATH: `${npm}:${commands.folder}:${PATH}`, PULUMI_HOME: home },
      stdio: "ignore",
    });
    await started();
    up.kill("SIGTERM");
    await waitFor("Pulumi is signalled", () => log().length > 1);
    equal(await ended(up), 5);
  });
});
