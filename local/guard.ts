import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * Outlives a killed front for as long as it takes to kill its replicas: one that hangs would not notice
 * by itself that its front has gone. It is told the processes by lines, `+PID` and `-PID`.
 */
export class Guard {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
      stdio: ["pipe", "ignore", "ignore"],
      // In a process group of its own, or a Ctrl-C in the terminal would end it first.
      detached: true,
    });
    this.#child.stdin?.on("error", () => this.#child.kill());
    this.#child.unref();
  }

  watch(pid: number): void {
    this.#child.stdin?.write(`+${pid}\n`);
  }

  forget(pid: number): void {
    this.#child.stdin?.write(`-${pid}\n`);
  }
}

/** The guard's own process. */
function guard(): void {
  const pids = new Set<number>();
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const pid = Number(line.slice(1));
      if (line.startsWith("+")) {
        pids.add(pid);
      } else {
        pids.delete(pid);
      }
    })
    .once("close", () => pids.forEach(kill));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself, as it should.
  }
}

if (import.meta.main) {
  guard();
}
