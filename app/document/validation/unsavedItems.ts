import type * as Y from "yjs";
import type { Place } from "./documentSchema.ts";
import type { SharedType } from "../content/sharedDoc.ts";
import type { Range } from "../content/updateReader.ts";

/** A list of items: that of a type, or that of the type which an item has that is not in the document yet. */
export type List = SharedType | Entry;

/** Where an item is, or would be put. */
export interface Spot {
  list: List;
  /** What the list is; undefined where it should not be there. */
  place: Place | undefined;
  key: string | null;
  /** The nearest items to both sides that are in the document; null at the ends of the list. */
  left: Y.ID | null;
  right: Y.ID | null;
}

/** An item that is not in the document yet. */
export interface Entry extends Range {
  origin: Y.ID | null;
  rightOrigin: Y.ID | null;
  /** Undefined where what it was put into is gone. */
  spot: Spot | undefined;
  /** What the type is that it has; undefined where it has none. */
  type: Place | undefined;
  /** How many types it is in. */
  depth: number;
  /** Items among which Yjs may look for its place. */
  between: number;
}

/** Items that are not in the document yet, by the clients that wrote them. */
export class Ahead {
  /** How many there are. */
  size = 0;
  readonly #byClient = new Map<number, Entry[]>();
  readonly #sizes = new Map<List | undefined, number>();

  *all(): Generator<Entry, void> {
    for (const entries of this.#byClient.values()) {
      yield* entries;
    }
  }

  /** Those of a client that a range has something of. They are in the order in which they were written. */
  *within({ client, start, end }: Range): Generator<Entry, void> {
    const entries = this.#byClient.get(client) ?? [];
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((entries[middle]?.end ?? 0) <= start) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (let entry = entries[low]; entry !== undefined && entry.start < end; entry = entries[low]) {
      yield entry;
      low += 1;
    }
  }

  add(entry: Entry): void {
    const entries = this.#byClient.get(entry.client) ?? [];
    entries.push(entry);
    this.#byClient.set(entry.client, entries);
    this.#count(entry, 1);
  }

  delete(entry: Entry): void {
    const entries = this.#byClient.get(entry.client) ?? [];
    entries.splice(entries.indexOf(entry), 1);
    this.#count(entry, -1);
    if (entries.length === 0) {
      this.#byClient.delete(entry.client);
    }
  }

  /** How many are in a list. */
  sizeOf(list: List): number {
    return this.#sizes.get(list) ?? 0;
  }

  /** The one that has an id. */
  find({ client, clock }: Y.ID): Entry | undefined {
    const [found] = this.within({ client, start: clock, end: clock + 1 });
    return found;
  }

  /** Where the last one of a client ends; 0 where there is none. */
  end(client: number): number {
    return this.#byClient.get(client)?.at(-1)?.end ?? 0;
  }

  #count({ spot }: Entry, by: 1 | -1): void {
    const size = (this.#sizes.get(spot?.list) ?? 0) + by;
    this.size += by;
    if (size === 0) {
      this.#sizes.delete(spot?.list);
    } else {
      this.#sizes.set(spot?.list, size);
    }
  }
}
