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

/** Updates that change the title and are being saved; with more of them, it is read when there is time. */
const MAX_TITLED = 20;

export interface ValidationServices {
  store: UpdateStore;
  jobs: JobQueue;
  schema: DocumentSchema;
  limits: DocumentLimits;
}

/** By what an update was tried. */
interface TrialBasis {
  /** Number of the last update that the copy had. */
  number: number;
  /** Bytes of the document then. */
  bytesBefore: number;
  /** Saves that had failed by then. */
  failures: number;
}

/** An update that may be saved. */
export interface AcceptedUpdate {
  update: Uint8Array;
  entries: readonly UnsavedItem[];
  /** The title of the document with it, where it changes. */
  title: string | undefined;
  /** Where it was tried on a copy: what that has shown. */
  judgement?: Judgement & TrialBasis;
}

/** What becomes of an update. */
export type Decision =
  | { kind: "known" }
  | { kind: "accepted"; accepted: AcceptedUpdate }
  | { kind: "early"; needed: MissingError }
  /** It has to be tried on a copy. */
  | { kind: "unclear" };

/** Ends a job that is not needed any more. */
class DecidedError extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super("it is decided already");
    this.decision = decision;
  }
}

/** Decides which updates a document takes. */
export class UpdateValidator {
  readonly #id: string;
  readonly #content: Content;
  readonly #services: ValidationServices;
  readonly #fastCheck: FastCheck;

  /** What is being saved, in this order. */
  readonly #waiting = new Set<AcceptedUpdate>();
  /** How many were not saved. */
  #failures = 0;

  /** Has the title as it will be with these; given up, while they are too many, or the title is too long. */
  #titleCopy: TitleCopy | undefined;
  #followsTitle = true;

  /** The last one that the document had all of: those who come back at the same time send the same. */
  #known: Uint8Array | undefined;

  constructor(id: string, content: Content, services: ValidationServices) {
    this.#id = id;
    this.#content = content;
    this.#services = services;
    this.#fastCheck = new FastCheck(content, services.schema, services.limits.maxDocumentBytes);
  }

  /** Whether something has been written that an update needs. */
  has(needed: MissingError): boolean {
    return this.#fastCheck.has(needed);
  }

  /**
   * Decides at once, by a look at the document.
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
   * Tries an update on a copy of the document, and with it those that wait behind it. What is decided without a copy is
   * decided on the update alone.
   *
   * @throws CloseError when it, or one of those behind it, would do harm, and when it has waited for its turn for too long
   */
  async judge(update: Uint8Array, behind: readonly Uint8Array[] = []): Promise<Decision> {
    const as: TrialBasis = { number: 0, bytesBefore: 0, failures: 0 };
    const latest = performance.now() + 1000 * this.#services.limits.maxSaveSeconds;
    const prepare = async () => {
      while (!this.#content.isSettled) {
        await this.#content.settled();
      }
      // What was found out about the document while it waited for its turn may do for this one, too.
      const decision = this.check(update);
      if (decision.kind !== "unclear") {
        throw new DecidedError(decision);
      }
      // Where PostgreSQL hangs, each turn before this one may have taken as long as it takes to find that out.
      if (performance.now() > latest) {
        throw notSaved("too much waits to be checked");
      }
      const waiting = [...this.#waiting].map((each) => each.update);
      as.bytesBefore = this.#content.bytes;
      as.failures = this.#failures;
      const stored = await this.#services.store.read(this.#id);
      if (stored === undefined) {
        throw new CloseError("unavailable", "there is no such document any more");
      }
      const { number, updates } = partsOf(stored);
      as.number = number;
      return { updates: [...updates, ...waiting], update, behind, past: stored.past };
    };
    try {
      const { jobs } = this.#services;
      const bytes = behind.reduce((sum, each) => sum + each.byteLength, update.byteLength);
      const judgement = await jobs.run("judge", this.#id, prepare, bytes);
      this.#content.contention.measured(judgement.detours);
      const { title, merged = update } = judgement;
      return {
        kind: "accepted",
        accepted: { update: merged, entries: [], title, judgement: { ...judgement, ...as } },
      };
    } catch (error) {
      if (error instanceof DecidedError) {
        return error.decision;
      }
      if (error instanceof MissingError) {
        return { kind: "early", needed: error };
      }
      if (error instanceof OutOfMemoryError) {
        throw new CloseError("memory", "an update was refused: it takes too much memory to check");
      }
      throw error instanceof TooCostlyError
        ? new CloseError("costly", "an update was refused: it takes too long to check")
        : error;
    }
  }

  /** It is being saved. */
  saveStarted(accepted: AcceptedUpdate): void {
    this.#waiting.add(accepted);
    if (accepted.judgement !== undefined) {
      this.invalidateTitle();
    }
    this.#fastCheck.saveStarted(accepted.update, accepted.entries);
  }

  /**
   * The copy on which an update was tried had what was being saved, too.
   *
   * @throws CloseError when some of that was not saved, and the update may need it
   */
  assertSound({ failures }: TrialBasis): void {
    if (failures !== this.#failures) {
      throw new CloseError("unavailable", "what was changed before is not saved; try again");
    }
  }

  /** The document gets something that was not decided on here. */
  invalidateTitle(): void {
    this.#titleCopy = undefined;
  }

  /** Something is not saved that was decided on. */
  saveFailed(): void {
    this.#failures += 1;
    this.invalidateTitle();
  }

  /** It is in the document, or it is not saved. */
  saveSettled(accepted: AcceptedUpdate): void {
    this.#waiting.delete(accepted);
    this.#followsTitle ||= this.#waiting.size === 0;
    this.#fastCheck.saveSettled(accepted.update, accepted.entries);
  }

  /** It is in the document, of which is known now how large it is, and how slow. */
  measured({ update, judgement }: AcceptedUpdate): void {
    if (judgement !== undefined) {
      const { bytes, bytesBefore, detours } = judgement;
      const others = this.#content.bytes - bytesBefore - update.byteLength;
      this.#content.bytes = bytes + others;
      this.#content.contention.measured(detours);
    }
  }

  #titleWith(update: Uint8Array): string | undefined {
    if (!this.#followsTitle) {
      return undefined;
    }
    this.#titleCopy ??= this.#newTitleCopy();
    const title = this.#titleCopy?.add(update);
    if (title === undefined) {
      this.#titleCopy = undefined;
      this.#followsTitle = false;
    }
    return title;
  }

  #newTitleCopy(): TitleCopy | undefined {
    const titled = [...this.#waiting].filter(({ title }) => title !== undefined);
    const copy = titled.length > MAX_TITLED ? undefined : TitleCopy.of(this.#content.doc);
    return titled.every(({ update }) => copy?.add(update) !== undefined) ? copy : undefined;
  }
}
