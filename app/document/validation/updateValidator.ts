import { FastCheck } from "./fastCheck.ts";
import type { UnsavedItem } from "./unsavedItems.ts";
import type { Content } from "../content/content.ts";
import { MissingError, TooCostlyError } from "../content/integration.ts";
import type { DocumentLimits } from "../limits.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { Judgement } from "./trialDocument.ts";
import type { DocumentSchema } from "./documentSchema.ts";
import { partsOf, type UpdateStore } from "../storage/updateStore.ts";
import { TitleCopy } from "./titleCopy.ts";
import { notSaved } from "../storage/updateWriter.ts";
import { OutOfMemoryError, type JobQueue } from "../worker/jobQueue.ts";

/** Most unsaved updates of the title; with more, the title is written later by `Maintenance`. */
const MAX_TITLED = 20;

export interface ValidationServices {
  store: UpdateStore;
  jobs: JobQueue;
  schema: DocumentSchema;
  limits: DocumentLimits;
}

/** The document on which an update was tried. */
interface TrialBasis {
  /** Number of the last update in the copy. */
  number: number;
  /** Bytes of the document at that time. */
  bytesBefore: number;
  /** Number of saves that had failed by then. */
  failures: number;
}

/** An update that may be saved. */
export interface AcceptedUpdate {
  update: Uint8Array;
  entries: readonly UnsavedItem[];
  /** The document's title with the update; undefined if it does not change. */
  title: string | undefined;
  /** The result of the trial, if the update was tried on a copy. */
  judgement?: Judgement & TrialBasis;
}

/** Whether an update may be saved. */
export type Decision =
  | { kind: "known" }
  | { kind: "accepted"; accepted: AcceptedUpdate }
  | { kind: "early"; needed: MissingError }
  /** Only a trial on a copy can show that. */
  | { kind: "unclear" };

/** Cancels a trial that is not needed any more. */
class DecidedError extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super("it is decided already");
    this.decision = decision;
  }
}

/** Decides which updates a document accepts. */
export class UpdateValidator {
  readonly #id: string;
  readonly #content: Content;
  readonly #services: ValidationServices;
  readonly #fastCheck: FastCheck;

  /** Updates that are being saved, in order. */
  readonly #unsaved = new Set<AcceptedUpdate>();
  /** Number of updates that could not be saved. */
  #failures = 0;

  /** The title with these updates; undefined while there are too many, or the title is too long. */
  #titleCopy: TitleCopy | undefined;
  #tracksTitle = true;

  /** The last update that was known: editors that return at the same time send the same one. */
  #known: Uint8Array | undefined;

  constructor(id: string, content: Content, services: ValidationServices) {
    this.#id = id;
    this.#content = content;
    this.#services = services;
    this.#fastCheck = new FastCheck(content, services.schema, services.limits.maxDocumentBytes);
  }

  /** Whether an item that an early update needs has arrived. */
  has(needed: MissingError): boolean {
    return this.#fastCheck.has(needed);
  }

  /**
   * Decides on an update by looking at the document.
   *
   * @throws CloseError when the update would do harm
   */
  check(update: Uint8Array): Decision {
    if (this.#known !== undefined && Buffer.compare(this.#known, update) === 0) {
      return { kind: "known" };
    }
    const result = this.#fastCheck.check(update);
    if (result.kind === "known") {
      this.#known = update;
    }
    if (result.kind !== "fits") {
      return result;
    }
    const { entries, changesTitle } = result;
    const title = changesTitle ? this.#titleWith(update) : undefined;
    return { kind: "accepted", accepted: { update, entries, title } };
  }

  /**
   * Tries an update on a copy of the document, together with those that wait behind it. If the update can be decided on
   * without a copy when the trial starts, the decision is about that update alone.
   *
   * @throws CloseError when one of them would do harm, or the trial has waited for too long
   */
  async judge(update: Uint8Array, behind: readonly Uint8Array[] = []): Promise<Decision> {
    const basis: TrialBasis = { number: 0, bytesBefore: 0, failures: 0 };
    const latest = performance.now() + 1000 * this.#services.limits.maxSaveSeconds;
    const prepare = async () => {
      while (!this.#content.isSettled) {
        await this.#content.settled();
      }
      // The trials before this one may have measured what this update needs to know.
      const decision = this.check(update);
      if (decision.kind !== "unclear") {
        throw new DecidedError(decision);
      }
      // While PostgreSQL hangs, each job before this one may have waited for its timeout.
      if (performance.now() > latest) {
        throw notSaved("too many changes are waiting to be checked");
      }
      const unsaved = [...this.#unsaved].map((each) => each.update);
      basis.bytesBefore = this.#content.bytes;
      basis.failures = this.#failures;
      const stored = await this.#services.store.read(this.#id);
      if (stored === undefined) {
        throw new CloseError("unavailable", "the document no longer exists");
      }
      const { number, updates } = partsOf(stored);
      basis.number = number;
      return { updates: [...updates, ...unsaved], update, behind, past: stored.past };
    };
    try {
      const { jobs } = this.#services;
      const bytes = behind.reduce((sum, each) => sum + each.byteLength, update.byteLength);
      const judgement = await jobs.run("judge", this.#id, prepare, bytes);
      this.#content.contention.measured(judgement.detours);
      const { title, merged = update } = judgement;
      return {
        kind: "accepted",
        accepted: { update: merged, entries: [], title, judgement: { ...judgement, ...basis } },
      };
    } catch (error) {
      if (error instanceof DecidedError) {
        return error.decision;
      }
      if (error instanceof MissingError) {
        return { kind: "early", needed: error };
      }
      if (error instanceof OutOfMemoryError) {
        throw new CloseError("memory", "an update was rejected: it takes too much memory to check");
      }
      throw error instanceof TooCostlyError
        ? new CloseError("costly", "an update was rejected: it takes too long to check")
        : error;
    }
  }

  /** Called when saving an update starts. */
  saveStarted(accepted: AcceptedUpdate): void {
    this.#unsaved.add(accepted);
    if (accepted.judgement !== undefined) {
      this.invalidateTitle();
    }
    this.#fastCheck.saveStarted(accepted.update, accepted.entries);
  }

  /**
   * Asserts that the updates are saved which were being saved during a trial, and were in its copy.
   *
   * @throws CloseError when one of them could not be saved, since the tried update may need it
   */
  assertSound({ failures }: TrialBasis): void {
    if (failures !== this.#failures) {
      throw new CloseError("unavailable", "earlier changes are not saved; try again");
    }
  }

  /** Called when the document gets updates that were not checked here one by one. */
  invalidateTitle(): void {
    this.#titleCopy = undefined;
  }

  /** Called when an accepted update could not be saved. */
  saveFailed(): void {
    this.#failures += 1;
    this.invalidateTitle();
  }

  /** Called when the update is in the document, or could not be saved. */
  saveSettled(accepted: AcceptedUpdate): void {
    this.#unsaved.delete(accepted);
    this.#tracksTitle ||= this.#unsaved.size === 0;
    this.#fastCheck.saveSettled(accepted.update, accepted.entries);
  }

  /** Called when the update is in the document; records the size and the detours that its trial has measured. */
  measured({ update, judgement }: AcceptedUpdate): void {
    if (judgement !== undefined) {
      const { bytes, bytesBefore, detours } = judgement;
      const others = this.#content.bytes - bytesBefore - update.byteLength;
      this.#content.bytes = bytes + others;
      this.#content.contention.measured(detours);
    }
  }

  #titleWith(update: Uint8Array): string | undefined {
    if (!this.#tracksTitle) {
      return undefined;
    }
    this.#titleCopy ??= this.#newTitleCopy();
    const title = this.#titleCopy?.add(update);
    if (title === undefined) {
      this.#titleCopy = undefined;
      this.#tracksTitle = false;
    }
    return title;
  }

  #newTitleCopy(): TitleCopy | undefined {
    const titled = [...this.#unsaved].filter(({ title }) => title !== undefined);
    const copy = titled.length > MAX_TITLED ? undefined : TitleCopy.of(this.#content.doc);
    return titled.every(({ update }) => copy?.add(update) !== undefined) ? copy : undefined;
  }
}
