import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "./environment.ts";
import { killProcess, withRelatives } from "./processes.ts";

/** A line to the guard's process, as JSON because a folder may have any name. */
type Order = { watch: number } | { forget: number } | { remove: string };

/**
 * A process that outlives a killed front until it has killed everything that the front started: a process that hangs
 * would not notice that its front is gone.
 */
export class Guard {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
      stdio: ["pipe", "ignore", "ignore"],
      // In its own process group: a Ctrl-C in the terminal would end it first.
      detached: true,
      env: childEnvironment(),
    });
    this.#child.stdin?.on("error", () => this.#child.kill());
    this.#child.unref();
  }

  /** Registers a process, until it exits, to be killed with its process group and all their descendants. */
  watchChild(child: ChildProcess): void {
    const { pid } = child;
    if (pid !== undefined) {
      this.#send({ watch: pid });
      child.once("exit", () => this.#send({ forget: pid }));
    }
  }

  /** Registers a folder to be removed when every process is killed. */
  removeAtEnd(folder: string): void {
    this.#send({ remove: folder });
  }

  #send(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}

/** The guard's own process. */
function guard(): void {
  const pids = new Set<number>();
  const folders: string[] = [];
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const order = JSON.parse(line) as Order;
      if ("watch" in order) {
        pids.add(order.watch);
      } else if ("forget" in order) {
        pids.delete(order.forget);
      } else {
        folders.push(order.remove);
      }
    })
    .once("close", () => {
      // Listed before the first is killed: a process whose parent has exited gets another parent.
      withRelatives(pids).forEach(killProcess);
      for (const folder of folders) {
        rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
      }
    });
}

if (import.meta.main) {
  guard();
}
