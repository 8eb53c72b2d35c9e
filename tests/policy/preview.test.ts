import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../policy/preview.ts", import.meta.url));
const FOLDER = dirname(SCRIPT);

describe("npm run preview", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "preview-"));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the script with a `pulumi` that prints its arguments, one a line, and ends with a status. */
  function preview(args: string[], status = 0): { told: string[]; status: number | null } {
    const pulumi = join(folder, "pulumi");
    writeFileSync(
      pulumi,
      `#!/bin/sh\nprintf '%s\\n' "$@" $SOCKJS_STICKY_TARGETED\nexit ${status}\n`,
    );
    chmodSync(pulumi, 0o755);
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH ?? ""}` };
    const run = spawnSync(process.execPath, [SCRIPT, ...args], { env, encoding: "utf8" });
    return { told: run.stdout.trim().split("\n"), status: run.status };
  }

  it("runs pulumi preview with the policies", () => {
    deepEqual(preview([]), {
      told: ["preview", "--stack", "dev", "--policy-pack", FOLDER],
      status: 0,
    });
  });

  it("passes unknown flags on, and uses the last of two stacks", () => {
    deepEqual(preview(["--stack", "prod", "--diff", "a b"]).told, [
      ...["preview", "--stack", "dev", "--policy-pack", FOLDER],
      ...["--stack", "prod", "--diff", "a b"],
    ]);
  });

  it("runs without policies with --no-policy, which Pulumi does not get", () => {
    deepEqual(preview(["--diff", "--no-policy"]).told, ["preview", "--stack", "dev", "--diff"]);
  });

  it("informs the policies that the preview is partial", () => {
    for (const option of ["--target", "--target=urn", "-t", "--exclude"]) {
      deepEqual(preview([option, "urn"]).told.slice(-2), ["urn", "true"]);
    }
  });

  it("exits as Pulumi does", () => {
    equal(preview([], 255).status, 255);
  });

  it("explains what to do if Pulumi is missing", () => {
    const run = spawnSync(process.execPath, [SCRIPT], {
      env: { ...process.env, PATH: folder },
      encoding: "utf8",
    });
    equal(run.status, 1);
    match(run.stderr, /^pulumi cannot be run \(.*ENOENT.*\); it must be .*; run npm ci\n$/);
  });
});
