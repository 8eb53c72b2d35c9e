import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Logger } from "../../common/log.ts";
import { MissingError, TooCostlyError } from "../content/integration.ts";
import { Refusal, type RefusalKind } from "../limits.ts";
import type { DocumentMetrics } from "../metrics.ts";
import type { Judgement } from "../intake/rehearsal.ts";
import type { Renewal } from "./renewal.ts";
import type { TextSchema } from "../intake/shape.ts";

/** Time after which a job is ended. What the limits allow takes a second; beyond that something is wrong. */
const MAX_JOB_MS = 20_000;

/** Jobs that may wait: each has an update as large as a document. */
const MAX_WAITING = 50;

/** Time without a job after which the thread ends. */
const IDLE_MS = 10_000;

const MIB = 1024 * 1024;

/** Memory that the thread may have: so much, and so much more for each MiB of a document, but no more than a part. */
const MIN_MIB = 64;
const MIB_PER_DOCUMENT_MIB = 32;
const MAX_PART_OF_MEMORY = 0.5;

/** What the thread does: work of which nobody knows beforehand how long it takes. */
export interface Jobs {
  /** Tries an update on a copy of a document. */
  judge: (input: { updates: readonly Uint8Array[]; update: Uint8Array }) => Judgement;
  /** The state of a document anew, without what makes it slow to open. */
  renew: (input: { updates: readonly Uint8Array[] }) => Renewal;
}

export type JobName = keyof Jobs;

/** What the thread starts with. */
export interface WorkerData {
  schema: TextSchema;
  maxBytes: number;
}

/** A job as the thread gets it. */
export interface Order {
  name: JobName;
  input: unknown;
}

/** Why a job has failed. */
export type Fault =
  | { kind: "missing"; client: number; clock: number }
  | { kind: "refused"; as: RefusalKind; reason: string }
  | { kind: "costly"; reason: string }
  | { kind: "failed"; reason: string };

type Answer = { output: unknown } | { fault: Fault };

/** Times in milliseconds. */
interface WorkshopTimes {
  /** After which a job is ended. */
  maxJobMs?: number;
  /** Without a job, after which the thread ends. */
  idleMs?: number;
}

interface Job {
  name: JobName;
  /** Called when it is its turn: until then it takes no memory. */
  prepare: () => Promise<unknown>;
  done: PromiseWithResolvers<unknown>;
}

/**
 * Has a thread do what may take long, so that nobody else waits for it. The thread starts when it is needed, does one
 * job at a time, of one document after the other, and ends when it has had nothing to do for a while.
 */
export class Workshop {
  readonly #data: WorkerData;
  readonly #maxJobMs: number;
  readonly #idleMs: number;
  readonly #metrics: DocumentMetrics;
  readonly #log: Logger;
  /** Jobs that wait, by their documents; the first document is the next. */
  readonly #waiting = new Map<string, Job[]>();
  #worker: Worker | undefined;
  #current: Job | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    data: WorkerData,
    metrics: DocumentMetrics,
    log: Logger,
    { maxJobMs = MAX_JOB_MS, idleMs = IDLE_MS }: WorkshopTimes = {},
  ) {
    this.#data = data;
    this.#maxJobMs = maxJobMs;
    this.#idleMs = idleMs;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Whether the thread runs. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /**
   * Has a job done for a document.
   *
   * @param prepare reads what it needs, when it is its turn
   * @throws MissingError, Refusal or TooCostlyError as the job does, or too many wait, and what `prepare` throws
   */
  async run<N extends JobName>(
    name: N,
    documentId: string,
    prepare: () => Promise<Parameters<Jobs[N]>[0]>,
  ): Promise<ReturnType<Jobs[N]>> {
    if ([...this.#waiting.values()].flat().length >= MAX_WAITING) {
      throw new Refusal("unavailable", "too many updates wait to be checked; try again");
    }
    const job: Job = { name, prepare, done: Promise.withResolvers<unknown>() };
    this.#waiting.set(documentId, [...(this.#waiting.get(documentId) ?? []), job]);
    this.#next();
    return (await job.done.promise) as ReturnType<Jobs[N]>;
  }

  /** Ends the thread, and all jobs. */
  async close(): Promise<void> {
    const going = new Refusal("closing", "the replica is going away");
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
      this.#worker ??= this.#newWorker();
      this.#worker.postMessage({ name, input } satisfies Order);
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

  #newWorker(): Worker {
    const worker = new Worker(new URL("worker.ts", import.meta.url), {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: memoryMib(this.#data.maxBytes) },
    });
    worker.unref();
    worker.on("message", (answer: Answer) => {
      if (worker === this.#worker) {
        this.#answered(answer);
      }
    });
    worker.on("error", (error) => {
      if (worker === this.#worker) {
        this.#log.warn({ reason: String(error) }, "the thread for long work has failed");
        void this.#end(new TooCostlyError("the thread has failed"));
      }
    });
    return worker;
  }

  #answered(answer: Answer): void {
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

  /** Ends the thread with what it does; the next job gets another one. */
  async #end(reason: Error): Promise<void> {
    const worker = this.#worker;
    const job = this.#current;
    this.#worker = undefined;
    clearTimeout(this.#timer);
    if (job !== undefined) {
      this.#finish(() => job.done.reject(reason));
    }
    await worker?.terminate();
  }
}

/** A replica that has too little memory is killed, with all that its people do. */
function memoryMib(maxBytes: number): number {
  const wanted = MIN_MIB + (MIB_PER_DOCUMENT_MIB * maxBytes) / MIB;
  return Math.min(wanted, (MAX_PART_OF_MEMORY * process.constrainedMemory()) / MIB || wanted);
}

function errorOf(fault: Fault): Error {
  switch (fault.kind) {
    case "missing":
      return new MissingError(fault.client, fault.clock);
    case "refused":
      return new Refusal(fault.as, fault.reason);
    case "costly":
      return new TooCostlyError(fault.reason);
    case "failed":
      return new Error(fault.reason);
  }
}
