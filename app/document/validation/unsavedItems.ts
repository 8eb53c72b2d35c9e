import * as Y from "yjs";
import type { TypeSchema } from "./documentSchema.ts";
import type { SharedType } from "../content/sharedDoc.ts";
import type { Range } from "../content/updateReader.ts";

/** A list of items: that of a type, or that of the type which an item has that is not in the document yet. */
export type ItemList = SharedType | UnsavedItem;

/** Where an item is, or would be put. */
export interface Position {
  list: ItemList;
  /** What the list is; undefined where it should not be there. */
  schema: TypeSchema | undefined;
  key: string | null;
  /** The nearest items to both sides that are in the document; null at the ends of the list. */
  left: Y.ID | null;
  right: Y.ID | null;
}

/** An item that is not in the document yet. */
export interface UnsavedItem extends Range {
  origin: Y.ID | null;
  rightOrigin: Y.ID | null;
  /** Undefined where what it was put into is gone. */
  position: Position | undefined;
  /** What the type is that it has; undefined where it has none. */
  type: TypeSchema | undefined;
  /** How many types it is in. */
  depth: number;
  /** Items among which Yjs may look for its place. */
  between: number;
}

/** Items that are not in the document yet, by the clients that wrote them. */
export class UnsavedItems {
  /** How many there are. */
  size = 0;
  readonly #byClient = new Map<number, UnsavedItem[]>();
  readonly #sizes = new Map<ItemList | undefined, number>();

  *all(): Generator<UnsavedItem, void> {
    for (const entries of this.#byClient.values()) {
      yield* entries;
    }
  }

  /** Those of a client that a range has something of. They are in the order in which they were written. */
  *within({ client, start, end }: Range): Generator<UnsavedItem, void> {
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

  add(entry: UnsavedItem): void {
    const entries = this.#byClient.get(entry.client) ?? [];
    entries.push(entry);
    this.#byClient.set(entry.client, entries);
    this.#count(entry, 1);
  }

  delete(entry: UnsavedItem): void {
    const entries = this.#byClient.get(entry.client) ?? [];
    entries.splice(entries.indexOf(entry), 1);
    this.#count(entry, -1);
    if (entries.length === 0) {
      this.#byClient.delete(entry.client);
    }
  }

  /** How many are in a list. */
  sizeOf(list: ItemList): number {
    return this.#sizes.get(list) ?? 0;
  }

  /** The one that has an id. */
  find({ client, clock }: Y.ID): UnsavedItem | undefined {
    const [found] = this.within({ client, start: clock, end: clock + 1 });
    return found;
  }

  /** Where the last one of a client ends; 0 where there is none. */
  end(client: number): number {
    return this.#byClient.get(client)?.at(-1)?.end ?? 0;
  }

  #count({ position }: UnsavedItem, by: 1 | -1): void {
    const size = (this.#sizes.get(position?.list) ?? 0) + by;
    this.size += by;
    if (size === 0) {
      this.#sizes.delete(position?.list);
    } else {
      this.#sizes.set(position?.list, size);
    }
  }
}

/** How many types a list is in, itself included. */
export function depthOf(list: ItemList): number {
  if (!(list instanceof Y.AbstractType)) {
    return list.depth;
  }
  let depth = 0;
  for (let item = list._item; item !== null; item = (item.parent as SharedType)._item) {
    depth += 1;
  }
  return depth;
}
