import { deepEqual, equal } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endRuns, processesWith, runNode } from "../drivers/localRun.ts";
import { waitFor } from "../drivers/waitFor.ts";

/** No other sleep is as long. */
const SLEEP = "98765.4321";

/** A front that is killed right after what it has started, whose end it so never saw. */
const FRONT = `
  import { spawn } from "node:child_process";
  import { readFileSync } from "node:fs";
  import { Guard } from "./local/guard.ts";
  const guard = new Guard();
  guard.removeAtEnd(process.argv[1]);
  const script = "sleep ${SLEEP} & kill -9 $$";
  const child = spawn("sh", ["-c", script], { detached: true, stdio: "ignore" });
  guard.watchChild(child);
  while (!/ Z /.test(readFileSync("/proc/" + child.pid + "/stat", "utf8")));
  process.kill(process.pid, "SIGKILL");
`;

describe("the guard of a killed front", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guard-"));
  });

  afterEach(async () => {
    await endRuns();
    processesWith(SLEEP).forEach((pid) => process.kill(pid, "SIGKILL"));
    rmSync(folder, { recursive: true });
  });

  it("kills what a killed process has left, and removes only the folder that it was given", async () => {
    const [kept, named] = ["kept", "kept\nand more"].map((name) => join(folder, name));
    [kept, named].forEach((each) => mkdirSync(each ?? ""));
    const front = runNode("--input-type=module", ["--eval", FRONT, named ?? ""]);
    equal(await front.ended, "SIGKILL", front.err);
    await waitFor("the folder is removed", () => readdirSync(folder).length === 1);
    deepEqual(readdirSync(folder), ["kept"]);
    await waitFor("nothing is left", () => processesWith(SLEEP).length === 0);
  });
});
