import * as Y from "yjs";
import { CloseError } from "../protocol/closeError.ts";

/** What was renewed of a document. What its clients had written is gaps now, and stands anew as another client's. */
export class Past {
  readonly #vector: Uint8Array;
  readonly #clocks: ReadonlyMap<number, number>;
  /** The client that has written all anew. */
  readonly #heir: number;

  /** @param vector the state vector that the document had before; none where it was not renewed */
  constructor(vector?: Uint8Array) {
    this.#vector = vector ?? new Uint8Array();
    this.#clocks = vector === undefined ? new Map<number, number>() : Y.decodeStateVector(vector);
    this.#heir = heirOf(this.#clocks.keys());
  }

  /** Whether a document that was read with this vector was not renewed since. */
  isOf(vector?: Uint8Array): boolean {
    return Buffer.compare(this.#vector, vector ?? new Uint8Array()) === 0;
  }

  /** @throws CloseError when an item is beside or within what is gaps now: Yjs would make a gap of it, too */
  assertOutside({ id, origin, rightOrigin, parent }: Y.Item): void {
    if ([id, origin, rightOrigin, parent].some((each) => each instanceof Y.ID && this.#has(each))) {
      throw outdated();
    }
  }

  /**
   * Asserts that the new state takes nothing away from somebody who gets it. What was written into the old one and not
   * sent yet would be gone from the screen, and come as gaps, which tell nothing of what they were.
   *
   * @param vector the state vector of the one who gets it
   * @throws CloseError when there is such a thing
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

/** The client that writes a document anew which these have written. Of two values Yjs takes that of the higher client. */
export function heirOf(clients: Iterable<number>): number {
  let highest = 0;
  for (const client of clients) {
    highest = Math.max(highest, client);
  }
  return highest + 1;
}

function outdated(): CloseError {
  return new CloseError("outdated", "it was written into a document that was renewed meanwhile");
}
