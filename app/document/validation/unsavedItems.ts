import * as Y from "yjs";
import type { TypeSchema } from "./documentSchema.ts";
import type { SharedType } from "../content/sharedDoc.ts";
import type { Range } from "../content/updateReader.ts";

/** A list of items: that of a shared type, or that of an unsaved item's type. */
export type ItemList = SharedType | UnsavedItem;

/** The position of an item, or where it would be inserted. */
export interface Position {
  list: ItemList;
  /** Schema of the list; undefined if the list is not allowed. */
  schema: TypeSchema | undefined;
  key: string | null;
  /** The nearest items on both sides that are in the document; null at the ends of the list. */
  left: Y.ID | null;
  right: Y.ID | null;
}

/** An item that is not in the document yet. */
export interface UnsavedItem extends Range {
  origin: Y.ID | null;
  rightOrigin: Y.ID | null;
  /** Undefined if its parent is deleted. */
  position: Position | undefined;
  /** Schema of the type that it contains; undefined if it contains none. */
  type: TypeSchema | undefined;
  /** Number of types that it is nested in. */
  depth: number;
  /** Number of items that Yjs may compare it with to place it. */
  between: number;
}

/** Items that are not in the document yet, by client. */
export class UnsavedItems {
  /** Number of items. */
  size = 0;
  readonly #byClient = new Map<number, UnsavedItem[]>();
  readonly #sizes = new Map<ItemList | undefined, number>();

  *all(): Generator<UnsavedItem, void> {
    for (const entries of this.#byClient.values()) {
      yield* entries;
    }
  }

  /** The items that overlap a range, in the order of their clocks. */
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

  /** Number of items in a list. */
  sizeOf(list: ItemList): number {
    return this.#sizes.get(list) ?? 0;
  }

  /** The item with an id. */
  find({ client, clock }: Y.ID): UnsavedItem | undefined {
    const [found] = this.within({ client, start: clock, end: clock + 1 });
    return found;
  }

  /** The clock after a client's last item; 0 if there is none. */
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

/** Number of types that a list is nested in, itself included. */
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
