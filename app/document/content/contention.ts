import * as Y from "yjs";
import { MOVED_IN_STEP, type Observer } from "./integration.ts";
import type { SharedType } from "./sharedDoc.ts";

/** A list with items that were inserted at the same place at the same time. */
interface ContendedList {
  items: number;
  /** Number of its items at the last measurement of how long the document takes to open. */
  measured: number;
}

/**
 * Finds the lists with concurrent inserts at one place, and so the detours that opening a document may take. Opening may
 * integrate items in another order than they were written in: in these lists each item may be compared with each other
 * one, and in all other lists none.
 */
export class Contention implements Observer {
  readonly #lists = new Map<SharedType, Map<string | null, ContendedList>>();
  #measured = 0;

  /**
   * Most detours that opening the document may take: comparisons, and the moves when an item splits another one.
   *
   * @param structs number of the document's structs
   */
  bound(structs: number): number {
    let bound = this.#measured;
    for (const list of this.#all()) {
      bound += (list.items - list.measured) * costOf(list, structs);
    }
    return bound;
  }

  /** By how much an item that is added to a list increases the bound; 0 in a list without concurrent inserts. */
  costOf(list: SharedType, key: string | null, structs: number): number {
    const contended = this.#lists.get(list)?.get(key);
    return contended === undefined ? 0 : costOf(contended, structs);
  }

  /** Records how many detours opening the document takes now. */
  measured(detours: number): void {
    this.#measured = detours;
    for (const [list, byKey] of this.#lists) {
      if (list._item?.deleted === true) {
        this.#lists.delete(list);
      }
      for (const [key, each] of byKey) {
        each.items = itemsIn(list, key);
        each.measured = each.items;
      }
    }
  }

  onConflict({ parent, parentSub }: Y.Item): void {
    if (!(parent instanceof Y.AbstractType)) {
      return;
    }
    const byKey = this.#lists.get(parent) ?? new Map<string | null, ContendedList>();
    if (!byKey.has(parentSub)) {
      byKey.set(parentSub, { items: itemsIn(parent, parentSub), measured: 0 });
      this.#lists.set(parent, byKey);
    }
  }

  onIntegrated({ parent, parentSub }: Y.Item): void {
    const list = this.#lists.get(parent as SharedType)?.get(parentSub);
    if (list !== undefined) {
      list.items += 1;
    }
  }

  *#all(): Generator<ContendedList, void> {
    for (const [list, byKey] of this.#lists) {
      if (list._item?.deleted !== true) {
        yield* byKey.values();
      }
    }
  }
}

/** The detours of an item: it may be compared with each other one, before and after, and split two. */
function costOf({ items }: ContendedList, structs: number): number {
  return 2 * items + (2 * structs) / MOVED_IN_STEP;
}

function itemsIn(parent: SharedType, key: string | null): number {
  let item = key === null ? parent._start : (parent._map.get(key) ?? null);
  let count = 0;
  for (; item !== null; item = key === null ? item.right : item.left) {
    count += 1;
  }
  return count;
}
