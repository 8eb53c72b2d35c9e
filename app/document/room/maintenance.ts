import type { Logger } from "../../contract/log.ts";
import type { VersionStore } from "../storage/versionStore.ts";
import type { Content } from "../content/content.ts";
import type { DocumentRepository } from "../storage/documentRepository.ts";
import { titleIn, titleOf } from "../content/title.ts";
import type { DocumentMetrics } from "../metrics.ts";
import type { NumberedState, UpdateStore } from "../storage/updateStore.ts";

/** Updates after which a snapshot takes their place. */
const COMPACT_EVERY = 1000;

/** Steps to integrate updates after which a snapshot takes their place. */
const MAX_STEPS = 500_000;

/** Updates after which a version is kept. */
const VERSION_EVERY = 1000;

/** Time after which lists get the title that several replicas have made of theirs, in milliseconds. */
const TITLE_MS = 1000;

export interface MaintenanceServices {
  store: UpdateStore;
  versions: VersionStore;
  documents: DocumentRepository;
  metrics: DocumentMetrics;
  log: Logger;
}

/** The document that is kept. */
export interface MaintainedDocument {
  readonly id: string;
  readonly content: Content;
  /** Number up to which the document has all updates, or has them in line. */
  readonly applied: number;
  state(): Promise<NumberedState>;
}

/** What is done for a document that may also be done later, or by another replica: snapshots, versions, its title. */
export class Maintenance {
  readonly #document: MaintainedDocument;
  readonly #services: MaintenanceServices;
  readonly #maxBytes: number;
  readonly #tasks = new Set<Promise<unknown>>();
  #titleTimer: NodeJS.Timeout | undefined;
  /** Bytes that no snapshot has, and the steps that it had taken to integrate what one has. */
  #bytes = 0;
  #steps = 0;
  #isChanged = false;
  #isStopped = false;
  #isFinished = false;
  #isCompacting = false;

  /** @param maxBytes bytes of updates after which a snapshot takes their place, too */
  constructor(document: MaintainedDocument, maxBytes: number, services: MaintenanceServices) {
    this.#document = document;
    this.#maxBytes = maxBytes;
    this.#services = services;
    titleOf(document.content.doc).observe(() => this.#titleChanged());
  }

  /** The document lacks something that it ought to have: no state of it may take the place of what is saved. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The document has what a snapshot had. */
  snapshotIntegrated(): void {
    this.#steps = this.#document.content.steps;
  }

  /** So many updates were read to open the document besides. */
  opened(updates: number): void {
    if (updates >= COMPACT_EVERY || this.#isDear) {
      this.#compact();
    }
  }

  /** The document has got another update, wherever it came from. */
  updateAdded(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * This replica has saved an update. Each number is saved by one replica: the one that saves the last of many has to
   * compact them.
   */
  updateSaved(number: number): void {
    this.#isChanged = true;
    if (number % COMPACT_EVERY === 0 || this.#isDear) {
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

  /** Whether it takes longer to open the document by its updates than it should by its state. */
  get #isDear(): boolean {
    const steps = this.#document.content.steps - this.#steps;
    return this.#bytes > this.#maxBytes || steps > MAX_STEPS;
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
    const { store, metrics } = this.#services;
    this.#bytes = 0;
    this.snapshotIntegrated();
    if (await store.compact(this.#document.id, await this.#document.state())) {
      metrics.compactions.inc();
    }
  }

  async #keepVersion(): Promise<void> {
    const { versions, metrics } = this.#services;
    if (await versions.addUntitled(this.#document.id, await this.#document.state())) {
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
      const { id, content } = this.#document;
      await content.settled();
      const title = titleIn(content.doc);
      isKept = await this.#services.documents.rename(id, this.#document.applied, title);
    } finally {
      if (!isKept && !this.#isFinished) {
        this.#titleChanged();
      }
    }
  }

  #do(what: string, work: () => Promise<void>): void {
    if (this.#isStopped) {
      return;
    }
    const task = work()
      .catch((error: unknown) =>
        this.#services.log.warn(
          { document: this.#document.id, reason: String(error) },
          `cannot ${what} now`,
        ),
      )
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}
