import type { Logger } from "../../contract/log.ts";
import type { Content } from "../content/content.ts";
import { TooCostlyError } from "../content/integration.ts";
import { MAX_OPENING_DETOURS, maxStructs, type DocumentLimits } from "../limits.ts";
import type { DocumentMetrics } from "../metrics.ts";
import { partsOf, type UpdateStore } from "../storage/updateStore.ts";
import type { JobQueue } from "../worker/jobQueue.ts";

/** Part of what a document may be, up to which it is left as it is. */
const MAX_PART = 0.7;

/**
 * Whether a document is slow enough to open that it must be renewed.
 *
 * @returns items and gaps above which a renewal is not worth it; undefined where the document must not be renewed
 */
export function renewableUpTo(
  { detours, structs }: Content,
  { maxDocumentBytes }: DocumentLimits,
): number | undefined {
  if (detours > MAX_PART * MAX_OPENING_DETOURS) {
    return Infinity;
  }
  return structs > MAX_PART * maxStructs(maxDocumentBytes) ? structs / 2 : undefined;
}

/**
 * Renews documents that are slow to open: those that were made so before that was refused, and those that have become
 * so over the years. They get the state that they have, as if it had just been written.
 */
export class Renewer {
  readonly #store: UpdateStore;
  readonly #jobs: JobQueue;
  readonly #metrics: DocumentMetrics;
  readonly #log: Logger;
  /** Documents that renewal does not make any faster, or that take longer than anybody can wait. */
  readonly #hopeless = new Set<string>();

  /** @param jobs that has the time for it */
  constructor(store: UpdateStore, jobs: JobQueue, metrics: DocumentMetrics, log: Logger) {
    this.#store = store;
    this.#jobs = jobs;
    this.#metrics = metrics;
    this.#log = log;
  }

  /**
   * Renews a document, unless somebody is changing it.
   *
   * @param most items and gaps with more of which it is left as it is, and also if somebody has it open; none where it
   * cannot be opened as it is
   * @throws TooCostlyError when it takes too long, and it cannot be opened as it is
   */
  async renew(id: string, most?: number): Promise<void> {
    if (this.#hopeless.has(id)) {
      if (most === undefined) {
        throw new TooCostlyError("it took too long before");
      }
      return;
    }
    let number = 0;
    const prepare = async () => {
      const parts = partsOf((await this.#store.read(id)) ?? { snapshot: undefined, updates: [] });
      number = parts.number;
      return { updates: parts.updates };
    };
    try {
      const renewal = await this.#jobs.run("renew", id, prepare);
      if (most !== undefined && renewal.structs > most) {
        this.#hopeless.add(id);
        return;
      }
      const isUsed = most === undefined;
      const { state, past } = renewal;
      if (await this.#store.renew(id, { number, state, past }, isUsed)) {
        this.#metrics.renewals.inc();
        this.#log.info({ document: id }, "a document was slow to open and is renewed");
      }
    } catch (error) {
      if (error instanceof TooCostlyError) {
        this.#hopeless.add(id);
        this.#log.error({ document: id }, "a document is too slow to open");
      }
      throw error;
    }
  }
}
