import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { JobResponse, JobRequest, WorkerData } from "./jobQueue.ts";

const SCRIPT = fileURLToPath(new URL("worker.ts", import.meta.url));

/** How V8 ends a process whose heap is full. */
const OUT_OF_HEAP = "SIGABRT";

/** Characters of what the process writes to stderr that are logged. */
const MAX_SAID = 2000;

/** How the process has ended by itself, or been killed by somebody else. */
export interface WorkerExit {
  isOutOfMemory: boolean;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The beginning of what it wrote to stderr. */
  stderr: string;
}

export interface WorkerEvents {
  onResponse: (response: JobResponse) => void;
  onExit: (exit: WorkerExit) => void;
}

/**
 * A process that runs `worker.ts`. It is no thread, because a thread that is out of memory may end the whole process.
 * It has nothing of the environment, where the secrets are, and ends with the process that has started it.
 */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended = Promise.withResolvers<undefined>();
  #isEnding = false;
  #stderr = "";

  /** @param heapMib MiB of its heap */
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
      // A process that was never there is not closed.
      if (this.#child.pid === undefined) {
        ended(null, null);
      }
    });
    this.#child.stderr?.on("data", (data) => {
      this.#stderr = (this.#stderr + String(data)).slice(0, MAX_SAID);
    });
  }

  send(request: JobRequest): void {
    // Where it cannot be sent, the process has ended, which is reported anyway.
    this.#child.send(request, () => undefined);
  }

  /** Kills it; resolves when it is gone. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill("SIGKILL");
    await this.#ended.promise;
  }
}
