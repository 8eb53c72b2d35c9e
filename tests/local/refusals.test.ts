import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descendantsOf, endRuns, runNode, startLocal, type LocalRun } from "../drivers/localRun.ts";

const IS_ROOT = process.getuid?.() === 0;

const FLAGS = ["--workloads", "company", "--replicas", "1"];

/** Anybody but root and PostgreSQL's user. */
const SOMEBODY = 54_321;

describe("npm start rejects in one line, with exit status 2 and nothing left,", function () {
  this.timeout(120_000);

  let folder: string;
  const mounted: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "local-refusals-"));
    chmodSync(folder, 0o755);
  });

  afterEach(async () => {
    await endRuns();
    mounted.splice(0).forEach((path) => execFileSync("umount", [path]));
    rmSync(folder, { recursive: true, force: true });
  });

  /** A file system of its own, which root alone can have. */
  function mount(options: string): string {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "pipe" });
    mounted.push(folder);
    return folder;
  }

  function readOnly(): string {
    if (IS_ROOT) {
      return mount("ro,mode=755");
    }
    chmodSync(folder, 0o500);
    return folder;
  }

  async function refusal(...args: string[]): Promise<string> {
    const run = runNode("local/main.ts", args, { LOG_LEVEL: "silent" });
    equal(await run.ended, 2);
    equal(run.out, "");
    match(run.err, /^[^\n]+\n$/);
    return run.err.trimEnd();
  }

  const refusalOf = (data: string): Promise<string> =>
    refusal(...FLAGS, "--port", "0", "--data", data);

  const cannotHold = (data: string, why: string): RegExp =>
    new RegExp(
      `^${data} cannot hold PostgreSQL's data: ${why}; ` +
        "it must be a folder that this user can write; change its owner or mode, or use --ephemeral$",
    );

  describe("of data in", () => {
    it("a read-only folder, and a new one in it", async () => {
      const data = readOnly();
      const why = IS_ROOT ? "EROFS: read-only file system, .*" : "EACCES: permission denied, .*";
      match(await refusalOf(data), cannotHold(data, why));
      match(await refusalOf(join(data, "new")), cannotHold(join(data, "new"), why));
      deepEqual(readdirSync(data), []);
    });

    it("a file system that cannot have folders", async () => {
      match(await refusalOf("/proc/a/b"), cannotHold("/proc/a/b", "ENOENT: .* mkdir '/proc/a'"));
    });

    it("a file", async () => {
      const data = join(folder, "file");
      writeFileSync(data, "mine");
      match(await refusalOf(data), cannotHold(data, "ENOTDIR: not a directory, .*"));
    });

    it("a folder with other files, which stay unchanged", async () => {
      const password = join(folder, "password");
      writeFileSync(password, "mine", { mode: 0o644 });
      const before = statSync(password);
      const fault = await refusalOf(folder);
      ok(fault.includes(JSON.stringify(folder)) && fault.includes('"password"'), fault);
      deepEqual(readdirSync(folder), ["password"]);
      deepEqual(statSync(password), before);
      equal(readFileSync(password, "utf8"), "mine");
    });

    if (IS_ROOT) {
      it("a folder with data of another user", async () => {
        const data = join(folder, "theirs");
        mkdirSync(join(data, "data"), { recursive: true });
        writeFileSync(join(data, "password"), "p".repeat(32));
        chownSync(data, SOMEBODY, SOMEBODY);
        const why = `it belongs to the user with number ${SOMEBODY}`;
        match(await refusalOf(data), cannotHold(data, why));
        deepEqual(readdirSync(data), ["data", "password"]);
      });

      it("a folder without enough room", async () => {
        const data = join(mount("size=8m,mode=755"), "data");
        equal(
          await refusalOf(data),
          `${data} cannot hold PostgreSQL's data: No space left on device; it must be a folder with at least ` +
            "100 MB free; make room, name another one with --data, or use --ephemeral",
        );
        deepEqual(readdirSync(data), []);
      });
    } else {
      it("a folder of another user", async () => {
        match(await refusalOf("/root/data"), cannotHold("/root/data", "EACCES: .*"));
      });
    }
  });

  it("a port, data or both of another run, which keeps running", async () => {
    const data = join(folder, "data");
    const first = await startLocal(...FLAGS, "--data", data);
    const before = await stateOf(first);
    const port = new URL(first.origin).port;
    const usedPort = `--port is ${port}, which is in use on 127.0.0.1; it must be a free port, or 0 to choose one`;
    equal(await refusal(...FLAGS, "--port", port, "--ephemeral"), usedPort);
    equal(await refusal(...FLAGS, "--port", port, "--data", data), usedPort);
    match(
      await refusal(...FLAGS, "--port", "0", "--data", data),
      new RegExp(
        `^${data} is in use by another PostgreSQL, process \\d+; it must be in use by one run `,
      ),
    );
    deepEqual(await stateOf(first), before);
    first.child.kill("SIGTERM");
    equal(await first.ended, 0);
  });
});

/** The processes of a run, its files, and how it creates a company. */
async function stateOf(run: LocalRun): Promise<unknown> {
  const response = await fetch(`${run.origin}/companies`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": "same" },
    body: JSON.stringify({ legalName: "Acme", businessNumber: "DE1" }),
  });
  const created: unknown = await response.json();
  // Those of PostgreSQL itself come and go.
  const processes = descendantsOf(run.pid).filter(
    (pid) => !descendantsOf(postgresOf(run)).includes(pid),
  );
  return { status: response.status, created, processes };
}

/** PostgreSQL's own process. */
function postgresOf({ err }: LocalRun): number {
  return Number(/"pid":(\d+),"port":"\d+","msg":"PostgreSQL is ready"/.exec(err)?.[1]);
}
