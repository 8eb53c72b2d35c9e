import type { SharedDocument } from "./sharedDocument.ts";
import { changesWithin, type Place } from "./updateScope.ts";

/** Milliseconds from `compositionend` until a composition is over: its last input and its last key may arrive later. */
const SETTLE_MS = 30;

/** Safari fires `compositionend` before the `keydown` that caused it, which then looks like any other. */
const IS_LATE = /^((?!Chrom|Android).)*Safari/.test(navigator.userAgent);

/** Makes a composition with an input method, such as for Japanese, one edit that others' edits do not disturb. */
export class Composition {
  readonly #shared: SharedDocument;
  readonly #stepMs: number;

  /** The place of the composition, if others may write there, too. */
  #place: Place | undefined;

  /** Others' changes to that place, to be applied after the composition. */
  #deferred: (() => void)[] = [];
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isOngoing = false;

  constructor(shared: SharedDocument) {
    this.#shared = shared;
    this.#stepMs = shared.undoManager.captureTimeout;
  }

  /** True for a key that belongs to the input method, such as one that ends the composition. */
  owns({ isComposing }: KeyboardEvent): boolean {
    return isComposing || (IS_LATE && this.#isOngoing);
  }

  /**
   * Watches for compositions in an element.
   *
   * @param placeOf finds the place of a composition; undefined if nobody else writes there
   */
  watch(element: HTMLElement, placeOf: () => Place | undefined): void {
    element.addEventListener("compositionstart", () => this.#begin(placeOf()));
    element.addEventListener("compositionend", () => this.#settle());
    // Losing the focus ends a composition, even if its element is removed.
    element.addEventListener("focusout", () => this.#settle());
  }

  /**
   * Applies others' changes, or defers them until the composition is over: in a field that is overwritten meanwhile,
   * each keystroke would insert the composed text again.
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
