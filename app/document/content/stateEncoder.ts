import * as encoding from "lib0/encoding";
import * as Y from "yjs";

/** Encodes the state of a document as `Y.encodeStateAsUpdate` does, but in slices. */
export class StateEncoder {
  readonly #doc: Y.Doc;
  readonly #known: ReadonlyMap<number, number>;
  readonly #encoder = new Y.UpdateEncoderV1();
  readonly #work: Generator<void, void>;

  /** @param known the reader's state vector, which is left out */
  constructor(doc: Y.Doc, known: ReadonlyMap<number, number>) {
    this.#doc = doc;
    this.#known = known;
    this.#work = this.#encode();
  }

  /**
   * Continues for a number of structs. The document must not change until the state is complete.
   *
   * @returns whether it is complete
   */
  advance(structs = Infinity): boolean {
    for (let left = structs; left > 0; left--) {
      if (this.#work.next().done === true) {
        return true;
      }
    }
    return false;
  }

  toUint8Array(): Uint8Array {
    return this.#encoder.toUint8Array();
  }

  *#encode(): Generator<void, void> {
    const { store } = this.#doc;
    const unknown = [...store.clients.keys()].filter(
      (client) => Y.getState(store, client) > this.#clockOf(client),
    );
    this.#write(unknown.length);
    for (const client of unknown.sort(higherFirst)) {
      const structs = store.clients.get(client) ?? [];
      const clock = this.#clockOf(client);
      const first = Y.findIndexSS(structs, clock);
      this.#write(structs.length - first);
      this.#encoder.writeClient(client);
      this.#write(clock);
      for (let index = first; index < structs.length; index++) {
        const struct = structs[index];
        struct?.write(this.#encoder, Math.max(0, clock - struct.id.clock));
        yield;
      }
    }
    const { clients } = Y.createDeleteSetFromStructStore(store);
    this.#write(clients.size);
    for (const [client, ranges] of [...clients].sort(([one], [other]) => higherFirst(one, other))) {
      this.#encoder.resetDsCurVal();
      this.#write(client);
      this.#write(ranges.length);
      for (const { clock, len } of ranges) {
        this.#encoder.writeDsClock(clock);
        this.#encoder.writeDsLen(len);
      }
      yield;
    }
  }

  #clockOf(client: number): number {
    return this.#known.get(client) ?? 0;
  }

  #write(count: number): void {
    encoding.writeVarUint(this.#encoder.restEncoder, count);
  }
}

/** Orders clients with higher ids first, as the items of lower ones yield to them. */
function higherFirst(one: number, other: number): number {
  return other - one;
}
