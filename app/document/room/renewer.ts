import type { Logger } from "../../contract/log.ts";
import type { Content } from "../content/content.ts";
import { TooCostlyError } from "../content/integration.ts";
import { MAX_OPENING_DETOURS, maxStructs, type DocumentLimits } from "../limits.ts";
import type { DocumentMetrics } from "../metrics.ts";
import { partsOf, type UpdateStore } from "../storage/updateStore.ts";
import type { JobQueue } from "../worker/jobQueue.ts";

/** Share of the limits up to which a document is not renewed. */
const MAX_SHARE = 0.7;

/**
 * Whether a document is slow enough to open that it should be renewed.
 *
 * @returns most items and gaps that the renewed document may have to be worth it; undefined if it is fast enough
 */
export function renewableUpTo(
  { detours, structs }: Content,
  { maxDocumentBytes }: DocumentLimits,
): number | undefined {
  if (detours > MAX_SHARE * MAX_OPENING_DETOURS) {
    return Infinity;
  }
  return structs > MAX_SHARE * maxStructs(maxDocumentBytes) ? structs / 2 : undefined;
}

/**
 * Renews documents that are slow to open, because of updates from before such updates were rejected, or of years of
 * editing. A renewed document has the same content, as if it had just been written.
 */
export class Renewer {
  readonly #store: UpdateStore;
  readonly #jobs: JobQueue;
  readonly #metrics: DocumentMetrics;
  readonly #log: Logger;
  /** Documents that a renewal does not make faster, or that take too long to renew. */
  readonly #hopeless = new Set<string>();

  /** @param jobs a queue with a time limit that is long enough for renewals */
  constructor(store: UpdateStore, jobs: JobQueue, metrics: DocumentMetrics, log: Logger) {
    this.#store = store;
    this.#jobs = jobs;
    this.#metrics = metrics;
    this.#log = log;
  }

  /**
   * Renews a document, unless it changes meanwhile.
   *
   * @param most items and gaps that the renewed document may have at most, for a document that no replica has open.
   * @default - no limit, and a document that replicas have open is renewed, too, since it cannot be opened as it is
   * @throws TooCostlyError when the renewal takes too long
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
        this.#log.info({ document: id }, "renewed a document that was slow to open");
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
