import { setImmediate } from "node:timers/promises";
import type { Logger } from "../../contract/log.ts";
import { MissingError, TooCostlyError } from "../content/integration.ts";
import { CloseError, type CloseReason } from "../protocol/closeError.ts";
import type { DocumentMetrics } from "../metrics.ts";
import type { Judgement, Trial } from "../validation/trialDocument.ts";
import type { Renewal } from "./renewal.ts";
import type { TextSchema } from "../validation/documentSchema.ts";
import { WorkerProcess, type WorkerExit } from "./workerProcess.ts";

/** Time after which a job is ended. What the limits allow takes a second; beyond that something is wrong. */
const MAX_JOB_MS = 20_000;

/** Jobs that may wait, and how many times the bytes of the largest update theirs may have together. */
const MAX_WAITING = 50;
const MAX_WAITING_UPDATES = 8;

/** Time without a job after which the process ends. */
const IDLE_MS = 10_000;

const MIB = 1024 * 1024;

/**
 * Heap that the process may have: so much, and so much more for each MiB of a document, but no more than a part of the
 * container's memory. Beside its heap it takes some 100 MiB, and a replica has two workshops.
 */
const MIN_MIB = 64;
const MIB_PER_DOCUMENT_MIB = 32;
const MAX_PART_OF_MEMORY = 0.25;

/** What the process does: work of which nobody knows beforehand how long it takes. */
export interface Jobs {
  /** Tries an update on a copy of a document. */
  judge: (input: Trial) => Judgement;
  /** The state of a document anew, without what makes it slow to open. */
  renew: (input: { updates: readonly Uint8Array[] }) => Renewal;
}

export type JobName = keyof Jobs;

/** What the process starts with. */
export interface WorkerData {
  schema: TextSchema;
  maxBytes: number;
}

/** A job as the process gets it. */
export interface JobRequest {
  name: JobName;
  input: unknown;
}

/** Why a job has failed. */
export type JobError =
  | { kind: "missing"; client: number; clock: number }
  | { kind: "refused"; as: CloseReason; reason: string }
  | { kind: "costly"; reason: string }
  | { kind: "failed"; reason: string };

export type JobResponse = { output: unknown } | { fault: JobError };

interface JobQueueOptions {
  /** Milliseconds after which a job is ended. @default 20,000 */
  maxJobMs?: number;
  /** Milliseconds without a job, after which the process ends. @default 10,000 */
  idleMs?: number;
  /** MiB of the process's heap. @default - by the bytes of a document and the memory of the container */
  heapMib?: number;
}

/** A job takes more memory than it may. */
export class OutOfMemoryError extends TooCostlyError {}

interface Job {
  name: JobName;
  /** Bytes of what it keeps in memory until it is its turn. */
  bytes: number;
  /** Called when it is its turn; reads what takes memory. */
  prepare: () => Promise<unknown>;
  done: PromiseWithResolvers<unknown>;
}

/**
 * Has a process do what may take long, so that nobody else waits for it. The process starts when it is needed, does one
 * job at a time, of one document after the other, and ends when it has had nothing to do for a while.
 */
export class JobQueue {
  readonly #data: WorkerData;
  readonly #maxJobMs: number;
  readonly #idleMs: number;
  readonly #heapMib: number;
  readonly #metrics: DocumentMetrics;
  readonly #log: Logger;
  /** Jobs that wait, by their documents; the first document is the next. */
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
   * Has a job done for a document.
   *
   * @param prepare reads what it needs, when it is its turn
   * @param bytes of what it keeps in memory until then
   * @throws MissingError, CloseError or TooCostlyError as the job does, and what `prepare` throws
   * @throws OutOfMemoryError when it takes too much memory
   * @throws CloseError when too much waits, or the process is killed by somebody else
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
      throw new CloseError("unavailable", "too many updates wait to be checked; try again");
    }
    const job: Job = { name, bytes, prepare, done: Promise.withResolvers<unknown>() };
    this.#waiting.set(documentId, [...(this.#waiting.get(documentId) ?? []), job]);
    this.#next();
    return (await job.done.promise) as ReturnType<Jobs[N]>;
  }

  /** Ends the process, and all jobs. */
  async close(): Promise<void> {
    const going = new CloseError("closing", "the replica is going away");
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    waiting.forEach(({ done }) => done.reject(going));
    await this.#end(going);
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
      // Whoever gets the result of the job before uses it first: this one may depend on that.
      await setImmediate();
      const input = await prepare();
      if (job !== this.#current) {
        return;
      }
      this.#worker ??= new WorkerProcess(this.#data, this.#heapMib, {
        onResponse: (answer) => this.#answered(answer),
        onExit: (death) => this.#died(death),
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

  #answered(answer: JobResponse): void {
    const { done } = this.#current ?? {};
    this.#finish(() =>
      "output" in answer ? done?.resolve(answer.output) : done?.reject(errorOf(answer.fault)),
    );
  }

  #finish(settle: () => void): void {
    this.#current = undefined;
    settle();
    this.#next();
  }

  #died({ isOutOfMemory, ...death }: WorkerExit): void {
    const job = this.#current?.name;
    if (isOutOfMemory) {
      this.#log.warn({ job, heapMib: this.#heapMib }, "a job ran out of memory");
      void this.#end(new OutOfMemoryError(`it takes more than ${this.#heapMib} MiB`));
    } else {
      this.#log.error({ job, ...death }, "the process for long work has died");
      void this.#end(new CloseError("unavailable", "an update could not be checked; try again"));
    }
  }

  /** Ends the process with what it does; the next job gets another one. */
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

/** A replica that has too little memory is killed, with all that its people do. */
function heapMibFor(maxBytes: number): number {
  const wanted = MIN_MIB + (MIB_PER_DOCUMENT_MIB * maxBytes) / MIB;
  return Math.min(wanted, (MAX_PART_OF_MEMORY * process.constrainedMemory()) / MIB || wanted);
}

function errorOf(fault: JobError): Error {
  switch (fault.kind) {
    case "missing":
      return new MissingError(fault.client, fault.clock);
    case "refused":
      return new CloseError(fault.as, fault.reason);
    case "costly":
      return new TooCostlyError(fault.reason);
    case "failed":
      return new Error(fault.reason);
  }
}
