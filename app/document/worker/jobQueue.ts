import { setImmediate } from "node:timers/promises";
import type { Logger } from "../../contract/log.ts";
import { MissingError, TooCostlyError } from "../content/integration.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { DocumentMetrics } from "../metrics.ts";
import type { JobError, JobName, JobResponse, Jobs, WorkerData } from "./jobs.ts";
import { WorkerProcess, type WorkerExit } from "./workerProcess.ts";

/** Time limit of a job, in milliseconds. Within the limits of documents, a job takes about a second. */
const MAX_JOB_MS = 20_000;

/** Most jobs that may wait, and the size of their updates together, in largest updates. */
const MAX_WAITING = 50;
const MAX_WAITING_UPDATES = 8;

/** Time without a job after which the process is ended, in milliseconds. */
const IDLE_MS = 10_000;

const MIB = 1024 * 1024;

/**
 * Heap of the process: a base, and more for each MiB of a document, up to a share of the container's memory. The process
 * takes some 50 MiB beside its heap, and a replica has two queues.
 */
const MIN_MIB = 64;
const MIB_PER_DOCUMENT_MIB = 32;
const MAX_PART_OF_MEMORY = 0.25;

interface JobQueueOptions {
  /** Time limit of a job, in milliseconds. @default 20,000 */
  maxJobMs?: number;
  /** Time without a job after which the process is ended, in milliseconds. @default 10,000 */
  idleMs?: number;
  /** Heap of the process, in MiB. @default - from the size limit of documents and the container's memory */
  heapMib?: number;
}

/** A job needs more memory than it may use. */
export class OutOfMemoryError extends TooCostlyError {}

interface Job {
  name: JobName;
  /** Bytes that the job keeps in memory while it waits. */
  bytes: number;
  /** Reads the job's input; called when the job starts, so that waiting jobs need little memory. */
  prepare: () => Promise<unknown>;
  done: PromiseWithResolvers<unknown>;
}

/**
 * Runs jobs that may take long in a child process, so that nothing else waits for them. The process is started when it is
 * needed and ended when it is idle. It runs one job at a time; documents take turns.
 */
export class JobQueue {
  readonly #data: WorkerData;
  readonly #maxJobMs: number;
  readonly #idleMs: number;
  readonly #heapMib: number;
  readonly #metrics: DocumentMetrics;
  readonly #log: Logger;
  /** Waiting jobs by document; the first document is next. */
  readonly #waiting = new Map<string, Job[]>();
  #worker: WorkerProcess | undefined;
  #current: Job | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    data: WorkerData,
    metrics: DocumentMetrics,
    log: Logger,
    {
      maxJobMs = MAX_JOB_MS,
      idleMs = IDLE_MS,
      heapMib = heapMibFor(data.maxBytes),
    }: JobQueueOptions = {},
  ) {
    this.#data = data;
    this.#maxJobMs = maxJobMs;
    this.#idleMs = idleMs;
    this.#heapMib = heapMib;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Whether the process runs. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /**
   * Runs a job for a document.
   *
   * @param prepare reads the input, when the job starts
   * @param bytes bytes that the job keeps in memory until then
   * @throws MissingError, CloseError or TooCostlyError as the job does, and what `prepare` throws
   * @throws OutOfMemoryError when the job needs too much memory
   * @throws CloseError when too many jobs wait, or another process kills the child process
   */
  async run<N extends JobName>(
    name: N,
    documentId: string,
    prepare: () => Promise<Parameters<Jobs[N]>[0]>,
    bytes = 0,
  ): Promise<ReturnType<Jobs[N]>> {
    const waiting = [...this.#waiting.values()].flat();
    const waitingBytes = waiting.reduce((sum, job) => sum + job.bytes, bytes);
    const maxBytes = MAX_WAITING_UPDATES * this.#data.maxBytes;
    if (waiting.length >= MAX_WAITING || waitingBytes > maxBytes) {
      throw new CloseError("unavailable", "too many changes are waiting to be checked; try again");
    }
    const job: Job = { name, bytes, prepare, done: Promise.withResolvers<unknown>() };
    this.#waiting.set(documentId, [...(this.#waiting.get(documentId) ?? []), job]);
    this.#next();
    return (await job.done.promise) as ReturnType<Jobs[N]>;
  }

  /** Ends the process, and rejects all jobs. */
  async close(): Promise<void> {
    const error = new CloseError("closing", "the replica is going away");
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    waiting.forEach(({ done }) => done.reject(error));
    await this.#end(error);
  }

  #next(): void {
    if (this.#current !== undefined) {
      return;
    }
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#timer = setTimeout(() => void this.#end(new Error("idle")), this.#idleMs).unref();
      return;
    }
    const [documentId, [job, ...rest]] = first;
    this.#waiting.delete(documentId);
    if (rest.length > 0) {
      this.#waiting.set(documentId, rest);
    }
    if (job !== undefined) {
      this.#current = job;
      void this.#start(job);
    }
  }

  async #start(job: Job): Promise<void> {
    const { name, prepare } = job;
    try {
      // Lets the result of the job before be used first, as this job may depend on it.
      await setImmediate();
      const input = await prepare();
      if (job !== this.#current) {
        return;
      }
      this.#worker ??= new WorkerProcess(this.#data, this.#heapMib, {
        onResponse: (response) => this.#completed(response),
        onExit: (exit) => this.#exited(exit),
      });
      this.#worker.send({ name, input });
    } catch (error) {
      this.#finish(() => job.done.reject(error));
      return;
    }
    this.#metrics.jobs.inc({ job: name });
    this.#timer = setTimeout(() => {
      this.#log.warn({ job: name }, "a job took too long");
      void this.#end(new TooCostlyError(`it takes more than ${this.#maxJobMs} ms`));
    }, this.#maxJobMs);
  }

  #completed(response: JobResponse): void {
    const { done } = this.#current ?? {};
    this.#finish(() =>
      "output" in response ? done?.resolve(response.output) : done?.reject(errorOf(response.error)),
    );
  }

  #finish(settle: () => void): void {
    this.#current = undefined;
    settle();
    this.#next();
  }

  #exited({ isOutOfMemory, ...exit }: WorkerExit): void {
    const job = this.#current?.name;
    if (isOutOfMemory) {
      this.#log.warn({ job, heapMib: this.#heapMib }, "a job ran out of memory");
      void this.#end(new OutOfMemoryError(`it takes more than ${this.#heapMib} MiB`));
    } else {
      this.#log.error({ job, ...exit }, "the worker process exited unexpectedly");
      void this.#end(new CloseError("unavailable", "an update could not be checked; try again"));
    }
  }

  /** Ends the process and its current job; the next job gets a new process. */
  async #end(reason: Error): Promise<void> {
    const worker = this.#worker;
    const job = this.#current;
    this.#worker = undefined;
    clearTimeout(this.#timer);
    if (job !== undefined) {
      this.#finish(() => job.done.reject(reason));
    }
    await worker?.end();
  }
}

/** The default heap; with less memory left, the kernel would kill the replica with all its connections. */
function heapMibFor(maxBytes: number): number {
  const wanted = MIN_MIB + (MIB_PER_DOCUMENT_MIB * maxBytes) / MIB;
  return Math.min(wanted, (MAX_PART_OF_MEMORY * process.constrainedMemory()) / MIB || wanted);
}

function errorOf(error: JobError): Error {
  switch (error.kind) {
    case "missing":
      return new MissingError(error.client, error.clock);
    case "refused":
      return new CloseError(error.as, error.reason);
    case "costly":
      return new TooCostlyError(error.reason);
    case "failed":
      return new Error(error.reason);
  }
}
