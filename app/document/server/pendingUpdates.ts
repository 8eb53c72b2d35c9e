import type { MissingError } from "../content/integration.ts";
import { CloseError } from "../protocol/closeError.ts";

/** Most updates that may wait for missing items. */
const MAX_EARLY = 200;

/** Updates that need items that have not arrived, such as one typed while the offline changes are still being sent. */
export class PendingUpdates {
  readonly #maxBytes: number;
  readonly #waiting = new Map<Uint8Array, MissingError>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @throws CloseError when too many updates wait, or too many bytes */
  add(update: Uint8Array, needed: MissingError): void {
    this.#waiting.set(update, needed);
    this.#bytes += update.byteLength;
    if (this.#waiting.size > MAX_EARLY || this.#bytes > this.#maxBytes) {
      throw new CloseError(
        "unavailable",
        "too many updates depend on some that were never sent; try again",
      );
    }
  }

  /** Removes and returns the updates whose missing items have arrived. */
  takeReady(hasArrived: (needed: MissingError) => boolean): Uint8Array[] {
    const ready = [...this.#waiting]
      .filter(([, needed]) => hasArrived(needed))
      .map(([each]) => each);
    for (const update of ready) {
      this.#waiting.delete(update);
      this.#bytes -= update.byteLength;
    }
    return ready;
  }
}
