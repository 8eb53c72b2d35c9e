import { fork, type ChildProcess } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { JobResponse, JobRequest, WorkerData } from "./jobs.ts";

/** Beside this file, also in the bundle, where both have another extension. */
const SCRIPT = fileURLToPath(new URL(`worker${extname(import.meta.url)}`, import.meta.url));

/** Signal with which V8 ends a process whose heap is full. */
const OUT_OF_HEAP = "SIGABRT";

/** Most characters of the process's stderr that are logged. */
const MAX_SAID = 2000;

/** How the process has exited by itself, or was killed by another process. */
export interface WorkerExit {
  isOutOfMemory: boolean;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The beginning of its stderr. */
  stderr: string;
}

export interface WorkerEvents {
  onResponse: (response: JobResponse) => void;
  onExit: (exit: WorkerExit) => void;
}

/**
 * A child process that runs `worker.ts`. A thread would not do, as one that runs out of memory can end the whole process.
 * The process gets no environment, which has secrets, and exits with its parent.
 */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended = Promise.withResolvers<undefined>();
  #isEnding = false;
  #stderr = "";

  /** @param heapMib limit of its heap, in MiB */
  constructor(data: WorkerData, heapMib: number, { onResponse, onExit }: WorkerEvents) {
    this.#child = fork(SCRIPT, [JSON.stringify(data)], {
      env: {},
      execArgv: [`--max-old-space-size=${Math.floor(heapMib)}`],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      this.#ended.resolve(undefined);
      if (!this.#isEnding) {
        this.#isEnding = true;
        onExit({ isOutOfMemory: signal === OUT_OF_HEAP, code, signal, stderr: this.#stderr });
      }
    };
    this.#child.on("message", (response: JobResponse) => !this.#isEnding && onResponse(response));
    this.#child.once("close", ended);
    this.#child.on("error", ({ message }) => {
      this.#stderr += message;
      // A process that could not be started emits no `close`.
      if (this.#child.pid === undefined) {
        ended(null, null);
      }
    });
    this.#child.stderr?.on("data", (data) => {
      this.#stderr = (this.#stderr + String(data)).slice(0, MAX_SAID);
    });
  }

  send(request: JobRequest): void {
    // A request that cannot be sent means that the process has exited, which is reported anyway.
    this.#child.send(request, () => undefined);
  }

  /** Kills the process; resolves when it has exited. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill("SIGKILL");
    await this.#ended.promise;
  }
}
