import type { MissingError } from "../content/integration.ts";
import { CloseError } from "../protocol/closeError.ts";

/** Updates that may wait for those that they need. */
const MAX_EARLY = 200;

/** Updates that need what is not there yet: one typed while what was written offline is still on its way. */
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

  /** @throws CloseError when too much waits */
  add(update: Uint8Array, needed: MissingError): void {
    this.#waiting.set(update, needed);
    this.#bytes += update.byteLength;
    if (this.#waiting.size > MAX_EARLY || this.#bytes > this.#maxBytes) {
      throw new CloseError("unavailable", "too many updates need what was never sent; try again");
    }
  }

  /** Those that wait no more, for what they needed is there. */
  takeReady(isThere: (needed: MissingError) => boolean): Uint8Array[] {
    const ready = [...this.#waiting].filter(([, needed]) => isThere(needed)).map(([each]) => each);
    for (const update of ready) {
      this.#waiting.delete(update);
      this.#bytes -= update.byteLength;
    }
    return ready;
  }
}
