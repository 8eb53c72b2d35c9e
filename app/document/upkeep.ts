import * as Y from "yjs";
import type { Logger } from "../common/log.ts";
import type { Archive } from "./archive.ts";
import { titleIn, titleOf, type DocumentLibrary } from "./library.ts";
import type { DocumentMetrics } from "./metrics.ts";
import type { NumberedState } from "./store.ts";

/** Updates after which a snapshot takes their place. */
const COMPACT_EVERY = 1000;

/** Updates after which a version is kept. */
const VERSION_EVERY = 1000;

/** Time after which lists get the title that several replicas have made of theirs, in milliseconds. */
const TITLE_MS = 1000;

export interface UpkeepServices {
  archive: Archive;
  library: DocumentLibrary;
  metrics: DocumentMetrics;
  log: Logger;
}

/** What is done for a document that may also be done later, or by another replica: snapshots, versions, its title. */
export class Upkeep {
  readonly #id: string;
  readonly #document: Y.Doc;
  readonly #services: UpkeepServices;
  readonly #applied: () => number;
  readonly #maxBytes: number;
  readonly #tasks = new Set<Promise<unknown>>();
  #titleTimer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #isChanged = false;
  #isStopped = false;
  #isFinished = false;
  #isCompacting = false;

  /**
   * @param applied number up to which the document has all updates
   * @param maxBytes bytes of updates after which a snapshot takes their place, too
   */
  constructor(
    id: string,
    document: Y.Doc,
    applied: () => number,
    maxBytes: number,
    services: UpkeepServices,
  ) {
    this.#id = id;
    this.#document = document;
    this.#applied = applied;
    this.#maxBytes = maxBytes;
    this.#services = services;
    titleOf(document).observe(() => this.#titleChanged());
  }

  /** The document lacks something that it ought to have: no state of it may take the place of what is saved. */
  stop(): void {
    this.#isStopped = true;
  }

  /** So many updates were read to open the document. */
  opened(updates: number): void {
    if (updates >= COMPACT_EVERY) {
      this.#compact();
    }
  }

  /** The document has got another update, wherever it came from. */
  grown(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * This replica has saved an update. Each number is saved by one replica: the one that saves the last of many has to
   * compact them.
   */
  saved(number: number): void {
    this.#isChanged = true;
    if (number % COMPACT_EVERY === 0 || this.#bytes > this.#maxBytes) {
      this.#compact();
    }
    if (number % VERSION_EVERY === 0) {
      this.#do("keep a version", () => this.#keepVersion());
    }
  }

  /** Resolves when all is done; a document that was changed and left has a version. */
  async finish(): Promise<void> {
    this.#isFinished = true;
    if (this.#isChanged) {
      this.#do("keep a version", () => this.#keepVersion());
    }
    if (this.#titleTimer !== undefined) {
      clearTimeout(this.#titleTimer);
      this.#do("keep the title", () => this.#keepTitle());
    }
    await Promise.all(this.#tasks);
  }

  /** One at a time: what comes meanwhile is compacted by the next one. */
  #compact(): void {
    if (!this.#isCompacting) {
      this.#isCompacting = true;
      this.#do("compact", () =>
        this.#writeSnapshot().finally(() => {
          this.#isCompacting = false;
        }),
      );
    }
  }

  async #writeSnapshot(): Promise<void> {
    const { archive, metrics } = this.#services;
    this.#bytes = 0;
    if (await archive.compact(this.#id, this.#state())) {
      metrics.compactions.inc();
    }
  }

  async #keepVersion(): Promise<void> {
    const { archive, metrics } = this.#services;
    if (await archive.keepUntitled(this.#id, this.#state())) {
      metrics.versions.inc();
    }
  }

  /** Each update's title is saved with it, but by a replica that did not have those of others in the same moment. */
  #titleChanged(): void {
    this.#titleTimer ??= setTimeout(() => {
      this.#titleTimer = undefined;
      this.#do("keep the title", () => this.#keepTitle());
    }, TITLE_MS);
  }

  async #keepTitle(): Promise<void> {
    let isKept = false;
    try {
      const title = titleIn(this.#document);
      isKept = await this.#services.library.rename(this.#id, this.#applied(), title);
    } finally {
      if (!isKept && !this.#isFinished) {
        this.#titleChanged();
      }
    }
  }

  #state(): NumberedState {
    return { number: this.#applied(), state: Y.encodeStateAsUpdate(this.#document) };
  }

  #do(what: string, work: () => Promise<void>): void {
    if (this.#isStopped) {
      return;
    }
    const task = work()
      .catch((error: unknown) =>
        this.#services.log.warn(
          { document: this.#id, reason: String(error) },
          `cannot ${what} now`,
        ),
      )
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}
