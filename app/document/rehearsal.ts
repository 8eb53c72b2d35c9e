import * as Y from "yjs";
import { titleIn, titleOf } from "./library.ts";
import { Refusal } from "./limits.ts";
import { assertDepth, poisoned, readUpdate, type UpdateParts } from "./updateReader.ts";

/**
 * A copy of a document in which each update is tried before anybody else gets it, so that one that breaks breaks
 * only the copy. It has what is being saved already, which the document has not.
 */
export class Rehearsal {
  readonly #doc = new Y.Doc();
  readonly #maxBytes: number;
  /** The state has no more bytes than these; as many as these, where they were measured. */
  #bytes: number;
  #isMeasured = true;
  #hasNewTitle = false;

  constructor(document: Y.Doc, maxBytes: number) {
    const state = Y.encodeStateAsUpdate(document);
    Y.applyUpdate(this.#doc, state);
    titleOf(this.#doc).observe(() => (this.#hasNewTitle = true));
    this.#maxBytes = maxBytes;
    this.#bytes = state.byteLength;
  }

  /**
   * Tries an update.
   *
   * @returns false when it needs what is not there yet, and then does nothing
   * @throws Refusal when it cannot be applied or makes the document too large; then there has to be another copy
   */
  try(update: Uint8Array): boolean {
    const parts = readUpdate(update);
    if (!this.#hasWhatIsNeeded(parts)) {
      return false;
    }
    const { store } = this.#doc;
    const before = new Map(parts.added.map(({ client }) => [client, Y.getState(store, client)]));
    const bytes = this.#measured();
    this.#apply(update);
    this.#assertSound(before);
    this.#assertSize(bytes);
    return true;
  }

  /** Takes what the document has got from elsewhere, or is to get. */
  follow(update: Uint8Array): void {
    if (this.#hasWhatIsNeeded(readUpdate(update))) {
      this.#apply(update);
    }
  }

  /** The title, if it has changed since it was taken last. */
  takeTitle(): string | undefined {
    const title = this.#hasNewTitle ? titleIn(this.#doc) : undefined;
    this.#hasNewTitle = false;
    return title;
  }

  #apply(update: Uint8Array): void {
    try {
      Y.applyUpdate(this.#doc, update);
    } catch {
      throw poisoned("it cannot be applied to this document");
    }
    this.#bytes += update.byteLength;
    this.#isMeasured = false;
  }

  #hasWhatIsNeeded({ added, needed }: UpdateParts): boolean {
    const ends = new Map<number, number>();
    const endOf = (client: number): number =>
      ends.get(client) ?? Y.getState(this.#doc.store, client);
    return (
      added.every(({ client, start, end }) => {
        const known = endOf(client);
        ends.set(client, Math.max(known, end));
        return start <= known;
      }) && needed.every(({ client, end }) => end <= endOf(client))
    );
  }

  /** @param before how much there was, by the clients of which there is more now */
  #assertSound(before: ReadonlyMap<number, number>): void {
    const { store } = this.#doc;
    if (store.pendingStructs !== null || store.pendingDs !== null) {
      throw poisoned("its items wait for each other");
    }
    for (const [client, start] of before) {
      const structs = store.clients.get(client) ?? [];
      if (start < Y.getState(store, client)) {
        structs
          .slice(Y.findIndexSS(structs, start))
          .forEach((struct) => struct instanceof Y.Item && assertDepth(struct));
      }
    }
  }

  /**
   * What two replicas have taken at the same time may be too much together; then it may only get less.
   *
   * @param before bytes of the state without the update
   */
  #assertSize(before: number): void {
    const bytes = this.#measured();
    if (bytes > Math.max(this.#maxBytes, before)) {
      throw new Refusal(
        "document-bytes",
        `the document would have ${bytes} bytes, allowed are ${this.#maxBytes}`,
      );
    }
  }

  /** Bytes of the state, or more; it is measured only when it may be too large, for that takes time. */
  #measured(): number {
    if (this.#bytes > this.#maxBytes && !this.#isMeasured) {
      this.#bytes = Y.encodeStateAsUpdate(this.#doc).byteLength;
      this.#isMeasured = true;
    }
    return this.#bytes;
  }
}
