import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../contract/log.ts";
import { UnavailableError } from "../../common/http/problem.ts";
import type { DocumentLimits } from "../limits.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { DocumentMetrics } from "../metrics.ts";
import type { UpdateStore, NewUpdate } from "./updateStore.ts";

/** Most updates that may wait in a replica, in number and in bytes. */
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Most updates of a transaction, in number and in bytes. */
const MAX_BATCH = 1000;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** Why an update is rejected that has waited for PostgreSQL. */
export const DATABASE_UNAVAILABLE = "the database is unavailable";

/** Delay before the next attempt while PostgreSQL is unavailable, in milliseconds. */
const RETRY_MS = 200;

/** An update that waits to be committed. */
interface Waiting extends NewUpdate {
  since: number;
  settled: PromiseWithResolvers<number>;
}

/**
 * Commits the updates of all documents of a replica in batches. The updates that arrive while one batch is being
 * committed form the next one, so a single update does not wait, and many need no more commits than few.
 */
export class UpdateWriter {
  readonly #store: UpdateStore;
  readonly #metrics: DocumentMetrics;
  readonly #log: Logger;
  readonly #maxSaveSeconds: number;
  readonly #queue: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;

  constructor(
    store: UpdateStore,
    metrics: DocumentMetrics,
    log: Logger,
    { maxSaveSeconds }: DocumentLimits,
  ) {
    this.#store = store;
    this.#metrics = metrics;
    this.#log = log;
    this.#maxSaveSeconds = maxSaveSeconds;
  }

  /**
   * Resolves with the update's number when it is committed. Updates are committed in the order of these calls.
   *
   * @throws CloseError when it cannot be committed now
   */
  save(unsaved: NewUpdate): Promise<number> {
    const bytes = unsaved.update.byteLength;
    const isFull = this.#queue.length >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_BYTES;
    if (isFull) {
      // Thrown before the call returns, so that no other update is accepted on top of this one.
      throw notSaved("too many changes are waiting for the database");
    }
    const settled = Promise.withResolvers<number>();
    this.#queue.push({ ...unsaved, since: performance.now(), settled });
    this.#bytes += bytes;
    this.#running ??= this.#run();
    return settled.promise;
  }

  /** Resolves when no update waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Lets the updates of the same moment join the batch.
    await setImmediate();
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      try {
        this.#saved(batch, await this.#store.save(batch));
      } catch (error) {
        if (error instanceof UnavailableError) {
          this.#log.warn({ reason: error.message, waiting: this.#queue.length }, "cannot save yet");
          this.#dropExpired();
          await sleep(RETRY_MS);
        } else {
          this.#log.error({ err: error, updates: batch.length }, "cannot save");
          this.#drop(batch, DATABASE_UNAVAILABLE);
        }
      }
    }
    this.#running = undefined;
  }

  #nextBatch(): Waiting[] {
    let bytes = 0;
    const end = this.#queue
      .slice(0, MAX_BATCH)
      .findIndex(({ update }) => (bytes += update.byteLength) > MAX_BATCH_BYTES);
    return this.#queue.slice(0, end === -1 ? MAX_BATCH : Math.max(1, end));
  }

  #saved(batch: readonly Waiting[], numbers: readonly (number | undefined)[]): void {
    const now = performance.now();
    this.#drop(
      batch.filter((_each, index) => numbers[index] === undefined),
      "the document was renewed or no longer exists",
    );
    this.#remove(new Set(batch));
    batch.forEach(({ since, settled }, index) => {
      const number = numbers[index];
      if (number !== undefined) {
        this.#metrics.saved.inc();
        this.#metrics.commit.observe((now - since) / 1000);
        settled.resolve(number);
      }
    });
  }

  #dropExpired(): void {
    const latest = performance.now() - this.#maxSaveSeconds * 1000;
    this.#drop(
      this.#queue.filter(({ since }) => since < latest),
      DATABASE_UNAVAILABLE,
    );
  }

  /** Rejects updates, and all later ones of their documents, which may need them. */
  #drop(some: readonly Waiting[], why: string): void {
    const documents = new Set(some.map(({ documentId }) => documentId));
    const dropped = this.#queue.filter(({ documentId }) => documents.has(documentId));
    this.#remove(new Set(dropped));
    dropped.forEach(({ settled }) => settled.reject(notSaved(why)));
  }

  #remove(some: ReadonlySet<Waiting>): void {
    for (const each of this.#queue.splice(0)) {
      if (some.has(each)) {
        this.#bytes -= each.update.byteLength;
      } else {
        this.#queue.push(each);
      }
    }
  }
}

export function notSaved(why: string): CloseError {
  return new CloseError("unavailable", `the last changes are not saved: ${why}; try again`);
}
