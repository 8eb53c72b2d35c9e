import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * Outlives a killed front for as long as it takes to kill what it has started: a process that hangs would not
 * notice by itself that its front has gone. It is told by lines: `+PID`, `-PID`, or a folder to remove.
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

  /** Has a process killed at the end, with all that it has started. */
  watch(pid: number): void {
    this.#child.stdin?.write(`+${pid}\n`);
  }

  /** The same for one of our own, until it has ended. */
  watchChild(child: ChildProcess): void {
    const { pid } = child;
    if (pid !== undefined) {
      this.watch(pid);
      child.once("exit", () => this.forget(pid));
    }
  }

  forget(pid: number): void {
    this.#child.stdin?.write(`-${pid}\n`);
  }

  /** Has a folder removed when all is killed. */
  removeAtEnd(folder: string): void {
    this.#child.stdin?.write(`${folder}\n`);
  }
}

/** The guard's own process. */
function guard(): void {
  const pids = new Set<number>();
  const folders: string[] = [];
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const pid = Number(line.slice(1));
      if (line.startsWith("+")) {
        pids.add(pid);
      } else if (line.startsWith("-")) {
        pids.delete(pid);
      } else {
        folders.push(line);
      }
    })
    .once("close", () => {
      // Listed before the first is killed: whose parent has gone is nobody's child any more.
      withDescendants(pids).forEach(kill);
      for (const folder of folders) {
        rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
      }
    });
}

function withDescendants(pids: ReadonlySet<number>): Set<number> {
  const all = new Set(pids);
  const processes = readProcesses();
  // A set goes on with what is added to it meanwhile.
  for (const pid of all) {
    processes.filter(({ parent }) => parent === pid).forEach((child) => all.add(child.pid));
  }
  return all;
}

/** All processes of this computer; Linux tells without `ps`, which small images have not. */
function readProcesses(): { pid: number; parent: number }[] {
  if (!existsSync("/proc/self/stat")) {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim();
    return lines.split("\n").map((line) => {
      const [pid, parent] = line.trim().split(/\s+/).map(Number);
      return { pid: pid ?? 0, parent: parent ?? 0 };
    });
  }
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), parent: parentOf(entry) }));
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
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
