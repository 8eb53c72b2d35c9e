import * as Y from "yjs";
import { CloseError } from "../protocol/closeError.ts";

/** The content of a document before its last renewal: gaps now, while one new client has written the text again. */
export class Past {
  readonly #vector: Uint8Array;
  readonly #clocks: ReadonlyMap<number, number>;
  /** The client that has written the content again. */
  readonly #heir: number;

  /** @param vector state vector before the renewal; undefined if there was none */
  constructor(vector?: Uint8Array) {
    this.#vector = vector ?? new Uint8Array();
    this.#clocks = vector === undefined ? new Map<number, number>() : Y.decodeStateVector(vector);
    this.#heir = heirOf(this.#clocks.keys());
  }

  /** Whether a stored document with this vector has not been renewed since. */
  isOf(vector?: Uint8Array): boolean {
    return Buffer.compare(this.#vector, vector ?? new Uint8Array()) === 0;
  }

  /** @throws CloseError when an item is beside or within such a gap: Yjs would make a gap of it, too */
  assertOutside({ id, origin, rightOrigin, parent }: Y.Item): void {
    if ([id, origin, rightOrigin, parent].some((each) => each instanceof Y.ID && this.#has(each))) {
      throw outdated();
    }
  }

  /**
   * Asserts that an editor can receive the new state without losing text. Changes of the old state that it has not sent
   * yet would vanish from its screen, and arrive as gaps, from which nothing can be restored.
   *
   * @param vector the editor's state vector
   * @throws CloseError when there are such changes
   */
  assertNothingUnsent(vector: Uint8Array, { store }: Y.Doc): void {
    const clocks = Y.decodeStateVector(vector);
    const isOld =
      Y.getState(store, this.#heir) > 0 &&
      !clocks.has(this.#heir) &&
      [...clocks.keys()].some((client) => this.#clocks.has(client));
    if (isOld && [...clocks].some(([client, clock]) => clock > Y.getState(store, client))) {
      throw outdated();
    }
  }

  #has({ client, clock }: Y.ID): boolean {
    return clock < (this.#clocks.get(client) ?? 0);
  }
}

/** The client that writes the content of others again. Its id is higher, as Yjs prefers the values of higher clients. */
export function heirOf(clients: Iterable<number>): number {
  let highest = 0;
  for (const client of clients) {
    highest = Math.max(highest, client);
  }
  return highest + 1;
}

function outdated(): CloseError {
  return new CloseError("outdated", "the change is based on an outdated state of the document");
}
