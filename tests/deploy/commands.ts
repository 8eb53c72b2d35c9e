import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const DEPLOY = new URL("../../deploy/", import.meta.url);

/** What came of a script. */
export interface Ended {
  status: number | null;
  /** Its standard error. */
  error: string;
  /** What Pulumi was run with, but for questions about the state: one line a run. */
  runs: string[];
}

/** A folder of fake commands that comes first in PATH: `pulumi`, which has the state of a stack, and others. */
export class Commands {
  readonly folder = mkdtempSync(join(tmpdir(), "sockjs-sticky-commands-"));

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** Writes a command as a shell script. */
  write(name: string, script: string): void {
    writeFileSync(join(this.folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** Has `pulumi` answer with a state, or with none, and be run as a script does it. */
  pulumi(state: object | undefined, script = "exit 0"): void {
    const file = join(this.folder, "state.json");
    writeFileSync(file, JSON.stringify({ version: 3, deployment: state }));
    const answer = state === undefined ? "echo no stack >&2; exit 255" : `cat ${file}; exit`;
    this.write(
      "pulumi",
      `echo "$@" >> ${this.folder}/$1.txt\nif [ "$1" = stack ]; then ${answer}; fi\n${script}`,
    );
  }

  /** The runs of a `pulumi` command: the arguments of each, in one line. */
  runsOf(command: "destroy" | "stack" | "up"): string[] {
    const file = join(this.folder, `${command}.txt`);
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  start(name: "destroy" | "up", args: readonly string[] = []): ChildProcess {
    const script = fileURLToPath(new URL(`${name}.ts`, DEPLOY));
    const PATH = [this.folder, process.env.PATH ?? ""].join(delimiter);
    return spawn(process.execPath, [script, ...args], {
      env: { ...process.env, PATH },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async run(name: "destroy" | "up", args: readonly string[] = []): Promise<Ended> {
    const child = this.start(name, args);
    const status = new Promise<number | null>((resolve) => void child.on("exit", resolve));
    const error = child.stderr === null ? "" : await text(child.stderr);
    return { status: await status, error, runs: this.runsOf(name) };
  }
}
