import type { SharedDocument } from "./sharedDocument.ts";
import { changesWithin, type Place } from "./updateScope.ts";

/** Milliseconds after its end until a composition is over: what it changes, and the key that ended it, may come later. */
const SETTLE_MS = 30;

/** Safari ends a composition before it tells of the key that did it, which then looks like any other. */
const IS_LATE = /^((?!Chrom|Android).)*Safari/.test(navigator.userAgent);

/** What somebody composes with an input method, such as Japanese: one edit, which nobody else's edits disturb. */
export class Composition {
  readonly #shared: SharedDocument;
  readonly #stepMs: number;

  /** Where it is composed, if others may write there too. */
  #place: Place | undefined;

  /** Applies what others have changed there meanwhile. */
  #deferred: (() => void)[] = [];
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isOngoing = false;

  constructor(shared: SharedDocument) {
    this.#shared = shared;
    this.#stepMs = shared.undoManager.captureTimeout;
  }

  /** True for a key that is the input method's: it makes a choice, or ends the composition. */
  owns({ isComposing }: KeyboardEvent): boolean {
    return isComposing || (IS_LATE && this.#isOngoing);
  }

  /**
   * Watches for compositions in an element.
   *
   * @param placeOf finds the part of the document in which it is composed; none where nobody else writes
   */
  watch(element: HTMLElement, placeOf: () => Place | undefined): void {
    element.addEventListener("compositionstart", () => this.#begin(placeOf()));
    element.addEventListener("compositionend", () => this.#settle());
    // A composition ends with the focus, whatever becomes of its element.
    element.addEventListener("focusout", () => this.#settle());
  }

  /**
   * Applies others' changes, or keeps them until the composition is over: a field that is overwritten meanwhile gets
   * the composed text once more with each key.
   */
  admit(update: Uint8Array, apply: () => void): void {
    const { doc } = this.#shared;
    if (this.#place !== undefined && changesWithin(update, this.#place, doc)) {
      this.#deferred.push(apply);
    } else {
      apply();
    }
  }

  #begin(place: Place | undefined): void {
    clearTimeout(this.#settling);
    const { undoManager } = this.#shared;
    undoManager.stopCapturing();
    undoManager.captureTimeout = Infinity;
    this.#place = place;
    this.#isOngoing = true;
  }

  #settle(): void {
    if (this.#isOngoing) {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#end(), SETTLE_MS);
    }
  }

  #end(): void {
    const { undoManager } = this.#shared;
    undoManager.stopCapturing();
    undoManager.captureTimeout = this.#stepMs;
    this.#place = undefined;
    this.#isOngoing = false;
    for (const apply of this.#deferred.splice(0)) {
      apply();
    }
  }
}
