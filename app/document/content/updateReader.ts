import * as decoding from "lib0/decoding";
import * as Y from "yjs";
import { CloseError } from "../protocol/closeError.ts";
import type { SharedType } from "./sharedDoc.ts";

/** Highest clock of a client, which counts everything that it has ever written. It must stay an exact integer. */
const MAX_CLOCK = 2 ** 40;

/** Highest id that Yjs gives a client. Only renewals use higher ones. */
export const MAX_CLIENT = 2 ** 32 - 1;

/** What an update adds: items, gaps of deleted items, and skipped ranges. */
export type Struct = Y.Item | Y.GC | Y.Skip;

/** A range of a client's clocks, without `end`. */
export interface Range {
  client: number;
  start: number;
  end: number;
}

/** Bits of an item's first byte (https://github.com/yjs/yjs/blob/v13.6.33/src/structs/Item.js). */
const CONTENT = 31;
const HAS_KEY = 32;
const HAS_RIGHT_ORIGIN = 64;
const HAS_ORIGIN = 128;

const GC = 0;
const SKIP = 10;

/** Readers of shared types, by number. */
const TYPES: readonly ((decoder: Y.UpdateDecoderV1) => SharedType)[] = [
  () => new Y.Array(),
  () => new Y.Map(),
  () => new Y.Text(),
  (decoder) => new Y.XmlElement(decoder.readKey()),
  () => new Y.XmlFragment(),
  (decoder) => new Y.XmlHook(decoder.readKey()),
  () => new Y.XmlText(),
];

/** Readers of an item's content, by number; there is none for documents within documents. */
const CONTENTS = new Map<number, (decoder: Y.UpdateDecoderV1) => object>([
  [1, (decoder) => new Y.ContentDeleted(decoder.readLen())],
  [2, (decoder) => new Y.ContentJSON(listOf(decoder, () => jsonOf(decoder.readString())))],
  [3, (decoder) => new Y.ContentBinary(decoder.readBuf())],
  [4, (decoder) => new Y.ContentString(decoder.readString())],
  [5, (decoder) => new Y.ContentEmbed(decoder.readJSON() as object)],
  [6, (decoder) => new Y.ContentFormat(decoder.readKey(), decoder.readJSON() as object)],
  [7, (decoder) => new Y.ContentType(typeOf(decoder))],
  [8, (decoder) => new Y.ContentAny(listOf(decoder, () => decoder.readAny() as unknown))],
]);

/**
 * Reads an update of Yjs piece by piece, so that reading can pause or stop. Structs must be read before deletions.
 *
 * @throws CloseError when the update cannot be read, or would do harm
 */
export class UpdateReader {
  readonly #decoder: Y.UpdateDecoderV1;
  readonly #isStrict: boolean;

  /** @param isStrict also rejects what no client writes; not for updates that were saved before that was rejected */
  constructor(update: Uint8Array, isStrict = true) {
    this.#decoder = new Y.UpdateDecoderV1(decoding.createDecoder(update));
    this.#isStrict = isStrict;
  }

  /** The structs, client by client in the order of their clocks. */
  *structs(): Generator<Struct, void> {
    const clients = new Set<number>();
    for (let left = this.#number(); left > 0; left--) {
      const count = this.#number();
      const client = this.#number();
      let clock = this.#number();
      if (this.#isStrict && (clients.has(client) || client > MAX_CLIENT)) {
        throw poisoned("it has a client twice, or one that cannot be");
      }
      clients.add(client);
      for (let each = 0; each < count; each++) {
        const struct = this.#struct(Y.createID(client, clock));
        clock += struct.length;
        yield struct;
      }
    }
  }

  /** The deleted ranges, client by client in order. */
  *deletions(): Generator<Range, void> {
    const clients = new Set<number>();
    for (let left = this.#number(); left > 0; left--) {
      const client = this.#number();
      let end = -1;
      if (this.#isStrict && clients.has(client)) {
        throw poisoned("it has the deletions of a client twice");
      }
      clients.add(client);
      for (let count = this.#number(); count > 0; count--) {
        const range = rangeOf(client, this.#number(), this.#number());
        // Out of order, each range may take as long as all those before it.
        if (this.#isStrict && range.start <= end) {
          throw poisoned("its deletions are not in order");
        }
        end = range.end;
        yield range;
      }
    }
  }

  #struct(id: Y.ID): Struct {
    return readable(() => {
      const info = this.#decoder.readInfo();
      const struct = info === GC || info === SKIP ? this.#gap(info, id) : this.#item(info, id);
      // Rejects a struct without length, which no search would find.
      rangeOf(id.client, id.clock, struct.length);
      return struct;
    });
  }

  #gap(info: number, id: Y.ID): Y.GC | Y.Skip {
    const length = this.#decoder.readLen();
    return info === GC ? new Y.GC(id, length) : new Y.Skip(id, length);
  }

  /** The parent of an item is a root type's name, or the id of the type's item; null if a neighbour determines it. */
  #item(info: number, id: Y.ID): Y.Item {
    const decoder = this.#decoder;
    const origin = (info & HAS_ORIGIN) > 0 ? decoder.readLeftID() : null;
    const rightOrigin = (info & HAS_RIGHT_ORIGIN) > 0 ? decoder.readRightID() : null;
    const hasParent = origin === null && rightOrigin === null;
    const parent = !hasParent
      ? null
      : decoder.readParentInfo()
        ? decoder.readString()
        : decoder.readLeftID();
    const key = hasParent && (info & HAS_KEY) > 0 ? decoder.readString() : null;
    const content = CONTENTS.get(info & CONTENT)?.(decoder) as Y.Item["content"] | undefined;
    if (content === undefined) {
      throw poisoned("it has an item of a kind that documents do not have");
    }
    for (const other of [origin, rightOrigin, parent]) {
      if (other instanceof Y.ID && other.client === id.client && other.clock >= id.clock) {
        throw poisoned("it has an item that refers to itself or to a later one");
      }
    }
    return new Y.Item(id, null, origin, null, rightOrigin, parent as Y.ID | null, key, content);
  }

  #number(): number {
    return readable(() => decoding.readVarUint(this.#decoder.restDecoder));
  }
}

/** The name of the root type that is the parent of an item that was read; undefined for another parent. */
export function rootNameOf({ parent }: { parent: unknown }): string | undefined {
  return typeof parent === "string" ? parent : undefined;
}

export function poisoned(why: string): CloseError {
  return new CloseError("poisoned", `an update was rejected: ${why}`);
}

function rangeOf(client: number, start: number, length: number): Range {
  const end = start + length;
  if (length < 1) {
    throw poisoned("it has an item without content");
  }
  if (end > MAX_CLOCK) {
    throw poisoned(`it counts beyond ${MAX_CLOCK}`);
  }
  return { client, start, end };
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof CloseError ? error : poisoned("it cannot be read");
  }
}

function typeOf(decoder: Y.UpdateDecoderV1): SharedType {
  const read = TYPES[decoder.readTypeRef()];
  if (read === undefined) {
    throw poisoned("it has a type that documents do not have");
  }
  return read(decoder);
}

/** Reads a list without allocating its claimed length: a false length fails at the end of the update. */
function listOf(decoder: Y.UpdateDecoderV1, read: () => unknown): unknown[] {
  const list: unknown[] = [];
  for (let left = decoder.readLen(); left > 0; left--) {
    list.push(read());
  }
  return list;
}

function jsonOf(text: string): unknown {
  return text === "undefined" ? undefined : JSON.parse(text);
}
