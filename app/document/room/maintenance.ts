import type { Logger } from "../../contract/log.ts";
import type { VersionStore } from "../storage/versionStore.ts";
import type { Content } from "../content/content.ts";
import type { DocumentRepository } from "../storage/documentRepository.ts";
import { titleIn, titleOf } from "../content/title.ts";
import type { DocumentMetrics } from "../metrics.ts";
import type { NumberedState, UpdateStore } from "../storage/updateStore.ts";

/** Updates after which a snapshot replaces them. */
const COMPACT_EVERY = 1000;

/** Integration steps after which a snapshot replaces the updates. */
const MAX_STEPS = 500_000;

/** Updates after which a version is kept. */
const VERSION_EVERY = 1000;

/** Delay until a title that several replicas have edited is written to the list, in milliseconds. */
const TITLE_MS = 1000;

export interface MaintenanceServices {
  store: UpdateStore;
  versions: VersionStore;
  documents: DocumentRepository;
  metrics: DocumentMetrics;
  log: Logger;
}

/** The document that is maintained. */
export interface MaintainedDocument {
  readonly id: string;
  readonly content: Content;
  /** Number up to which the document has all updates, or is integrating them. */
  readonly applied: number;
  state(): Promise<NumberedState>;
}

/** Work for a document that can also be done later, or by another replica: snapshots, versions and its title. */
export class Maintenance {
  readonly #document: MaintainedDocument;
  readonly #services: MaintenanceServices;
  readonly #maxBytes: number;
  readonly #tasks = new Set<Promise<unknown>>();
  #titleTimer: NodeJS.Timeout | undefined;
  /** Bytes that no snapshot has, and the integration steps of everything that a snapshot has. */
  #bytes = 0;
  #steps = 0;
  #isChanged = false;
  #isStopped = false;
  #isFinished = false;
  #isCompacting = false;

  /** @param maxBytes bytes of updates after which a snapshot replaces them, too */
  constructor(document: MaintainedDocument, maxBytes: number, services: MaintenanceServices) {
    this.#document = document;
    this.#maxBytes = maxBytes;
    this.#services = services;
    titleOf(document.content.doc).observe(() => this.#titleChanged());
  }

  /** Stops all work: the document lacks an update, so its state must not replace what is saved. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Called when the document has what a snapshot has. */
  snapshotIntegrated(): void {
    this.#steps = this.#document.content.steps;
  }

  /** Called with the number of updates that were read besides the snapshot to open the document. */
  opened(updates: number): void {
    if (updates >= COMPACT_EVERY || this.#isSlowToOpen) {
      this.#compact();
    }
  }

  /** Called for each update that is added to the document, whichever replica saved it. */
  updateAdded(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Called for each update that this replica saves. One replica saves each number, and the one that saves the last of
   * many compacts them.
   */
  updateSaved(number: number): void {
    this.#isChanged = true;
    if (number % COMPACT_EVERY === 0 || this.#isSlowToOpen) {
      this.#compact();
    }
    if (number % VERSION_EVERY === 0) {
      this.#do("keep a version", () => this.#keepVersion());
    }
  }

  /** Resolves when all work is done; a document that was changed gets a version. */
  async finish(): Promise<void> {
    this.#isFinished = true;
    if (this.#isChanged) {
      this.#do("keep a version", () => this.#keepVersion());
    }
    if (this.#titleTimer !== undefined) {
      clearTimeout(this.#titleTimer);
      this.#do("write the title", () => this.#writeTitle());
    }
    await Promise.all(this.#tasks);
  }

  /** Whether opening the document from its updates takes too long. */
  get #isSlowToOpen(): boolean {
    const steps = this.#document.content.steps - this.#steps;
    return this.#bytes > this.#maxBytes || steps > MAX_STEPS;
  }

  /** Writes one snapshot at a time; updates that are added meanwhile are left to the next one. */
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

  /** Writes the title again: each update saves its own, without concurrent updates of other replicas. */
  #titleChanged(): void {
    this.#titleTimer ??= setTimeout(() => {
      this.#titleTimer = undefined;
      this.#do("write the title", () => this.#writeTitle());
    }, TITLE_MS);
  }

  async #writeTitle(): Promise<void> {
    let isWritten = false;
    try {
      const { id, content } = this.#document;
      await content.settled();
      const title = titleIn(content.doc);
      isWritten = await this.#services.documents.rename(id, this.#document.applied, title);
    } finally {
      if (!isWritten && !this.#isFinished) {
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
