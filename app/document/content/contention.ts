import * as Y from "yjs";
import { MOVED_IN_STEP, type Observer } from "./integration.ts";
import type { SharedType } from "./sharedDoc.ts";

/** A list in which people have put something at the same place at the same time. */
interface ContendedList {
  items: number;
  /** How many of them there were when it was measured last how long the document takes to open. */
  measured: number;
}

/**
 * Where people have put something at the same place at the same time, and so how many detours it may take to open a
 * document. When it is opened, its items may come in an order that is not the one of writing: in these lists each
 * may have to be compared with each other one, in all others none.
 */
export class Contention implements Observer {
  readonly #lists = new Map<SharedType, Map<string | null, ContendedList>>();
  #measured = 0;

  /**
   * Most detours that it may take to open the document: comparisons, and what is moved where such an item splits another.
   *
   * @param structs that the document has
   */
  bound(structs: number): number {
    let bound = this.#measured;
    for (const list of this.#all()) {
      bound += (list.items - list.measured) * costOf(list, structs);
    }
    return bound;
  }

  /** By how much the bound grows with an item that is added to a list; 0 where nothing is in dispute. */
  costOf(list: SharedType, key: string | null, structs: number): number {
    const contended = this.#lists.get(list)?.get(key);
    return contended === undefined ? 0 : costOf(contended, structs);
  }

  /** So many detours it takes to open the document as it is now. */
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

/** Each item before and after it may be compared with it, and it may split two others. */
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
