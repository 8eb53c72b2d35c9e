import * as Y from "yjs";
import type { Ahead, Entry, List, Spot } from "./unsavedItems.ts";
import { within } from "../content/deletion.ts";
import { MissingError } from "../content/integration.ts";
import type { Past } from "../content/past.ts";
import type { Place, Shape } from "./documentSchema.ts";
import { areReversed, type SharedType } from "../content/sharedDoc.ts";
import { poisoned, rootNameOf, type Range } from "../content/updateReader.ts";

/** Structs that are passed from one range to the next before it is looked for among all. */
const NEAR = 8;

/** Ends a look at an update that is too much for it. */
export class UnclearError extends Error {
  override readonly name = "UnclearError";
}

/** What is around the items of an update, in a document and in what is to come into it. */
export class Surroundings {
  readonly #doc: Y.Doc;
  readonly #shape: Shape;
  readonly #aheads: readonly Ahead[];
  readonly #past: Past;

  constructor(doc: Y.Doc, shape: Shape, aheads: readonly Ahead[], past: Past) {
    this.#doc = doc;
    this.#shape = shape;
    this.#aheads = aheads;
    this.#past = past;
  }

  /** How much a client has written that is in the document. */
  stateOf(client: number): number {
    return Y.getState(this.#doc.store, client);
  }

  /** How much a client has written. */
  endOf(client: number): number {
    return Math.max(this.stateOf(client), ...this.#aheads.map((ahead) => ahead.end(client)));
  }

  /** Whether the document has nothing of these ranges any more. Those of a client are in their order. */
  areDeleted(ranges: readonly Range[]): boolean {
    let client: number | undefined;
    let structs: (Y.Item | Y.GC)[] = [];
    let index = 0;
    for (const range of ranges) {
      if (range.end > this.stateOf(range.client)) {
        return false;
      }
      if (range.client !== client) {
        ({ client } = range);
        structs = this.#doc.store.clients.get(client) ?? [];
        index = Y.findIndexSS(structs, range.start);
      }
      // The next range is often near, and found sooner from there than among all.
      for (let passed = 0; passed < NEAR && endOf(structs[index]) <= range.start; passed++) {
        index += 1;
      }
      if (endOf(structs[index]) <= range.start) {
        index = Y.findIndexSS(structs, range.start);
      }
      for (let each = index; (structs[each]?.id.clock ?? range.end) < range.end; each++) {
        if (structs[each]?.deleted === false) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Where an item would be put; undefined where what it was put into is gone.
   *
   * @throws MissingError when that is not there yet
   * @throws Refusal when it may not be there
   */
  spotOf(item: Y.Item): Spot | undefined {
    this.#past.assertOutside(item);
    const { origin, rightOrigin } = item;
    const left = origin && this.#beside(origin);
    const right = rightOrigin && this.#beside(rightOrigin);
    const spot = left ?? right ?? this.#inside(item);
    if ((left === undefined && right) || (right === undefined && left)) {
      // What was in one list goes together. Pages that still have it would show what the server does not.
      throw unfit();
    }
    if (left === undefined || right === undefined || spot === undefined) {
      return undefined;
    }
    if (spot.place === undefined || !this.#shape.takes(spot.place, spot.key, item.content)) {
      throw unfit();
    }
    const placed = { ...spot, left: left?.left ?? null, right: right?.right ?? null };
    if (!this.#isBetween(item, placed, left, right)) {
      throw new UnclearError();
    }
    return placed;
  }

  /** What a type is that an item has; undefined where it has none. */
  typeIn({ place, key }: Spot, content: Y.Item["content"]): Place | undefined {
    return place && content instanceof Y.ContentType
      ? this.#shape.within(place, key, content.type)
      : undefined;
  }

  /**
   * How many items there are between the neighbours that an item would have, or may be there when it gets its place.
   *
   * @throws UnclearError when there are more than that
   */
  between({ list, key, left, right }: Spot, most: number): number {
    let count = this.#aheads.reduce((sum, ahead) => sum + ahead.sizeOf(list), 0);
    const step = (): void => {
      count += 1;
      if (count > most) {
        throw new UnclearError();
      }
    };
    if (left !== null && right !== null && areReversed(this.#doc.store, left, right)) {
      throw disordered();
    }
    let item = left === null ? firstOf(list, key, step) : this.#after(left);
    for (; item !== null && !(right !== null && hasId(item, right)); item = item.right) {
      step();
    }
    if (item === null && right !== null) {
      throw new UnclearError();
    }
    return count;
  }

  /**
   * The lists that a range deletes something of, once for each item.
   *
   * @throws UnclearError when there are more than that
   */
  deletedBy(range: Range, most: number): List[] {
    const lists: List[] = [];
    const add = ({ parent }: Y.Item): void => {
      lists.push(parent as SharedType);
      if (lists.length > most) {
        throw new UnclearError();
      }
    };
    for (const struct of this.#structsIn(range)) {
      if (struct instanceof Y.Item && !struct.deleted) {
        add(struct);
        for (const each of within(struct)) {
          add(each);
        }
      }
    }
    for (const ahead of this.#aheads) {
      for (const { spot } of ahead.within(range)) {
        if (spot !== undefined) {
          lists.push(spot.list);
        }
      }
    }
    return lists;
  }

  /** What of a range is in the document. */
  *#structsIn({ client, start, end }: Range): Generator<Y.Item | Y.GC, void> {
    const structs = this.#doc.store.clients.get(client) ?? [];
    if (start < this.stateOf(client)) {
      for (let index = Y.findIndexSS(structs, start); index < structs.length; index++) {
        const struct = structs[index];
        if (struct === undefined || struct.id.clock >= end) {
          return;
        }
        yield struct;
      }
    }
  }

  /** Whether an item's neighbours are in one list, and those that are not in the document are next to each other. */
  #isBetween(item: Y.Item, placed: Spot, left: Spot | null, right: Spot | null): boolean {
    const { origin, rightOrigin } = item;
    const isOneList = right === null || (right.list === placed.list && right.key === placed.key);
    const before = origin && this.#aheadAt(origin);
    const after = rightOrigin && this.#aheadAt(rightOrigin);
    if (before && after) {
      const isAdjacent =
        before === after
          ? origin.clock + 1 === rightOrigin.clock
          : Y.compareIDs(after.origin, origin) || Y.compareIDs(before.rightOrigin, rightOrigin);
      return isOneList && isAdjacent;
    }
    // The others are where they were put: between two that are in the document.
    const isRight = !before || Y.compareIDs(left?.right ?? null, placed.right);
    const isLeft = !after || Y.compareIDs(right?.left ?? null, placed.left);
    return isOneList && isRight && isLeft;
  }

  /** Where an item is; undefined where it is gone. */
  #beside(id: Y.ID): Spot | undefined {
    const item = this.#itemAt(id);
    if (!(item instanceof Y.Item)) {
      return item?.spot;
    }
    const { parent, parentSub } = item;
    if (!(parent instanceof Y.AbstractType)) {
      return undefined;
    }
    const list = parent;
    return { list, place: this.#shape.placeOf(list), key: parentSub, left: id, right: id };
  }

  /** The list of what an item names as its parent; undefined where that is gone. */
  #inside(item: Y.Item): Spot | undefined {
    const ends = { key: item.parentSub, left: null, right: null };
    const root = rootNameOf(item);
    if (root !== undefined) {
      const list = this.#doc.share.get(root);
      if (list === undefined) {
        throw unfit();
      }
      return { ...ends, list, place: this.#shape.root(root) };
    }
    const owner = item.parent instanceof Y.ID ? this.#itemAt(item.parent) : undefined;
    if (!(owner instanceof Y.Item)) {
      return owner?.type && { ...ends, list: owner, place: owner.type };
    }
    const list = owner.content instanceof Y.ContentType ? owner.content.type : undefined;
    return list && { ...ends, list, place: this.#shape.placeOf(list) };
  }

  #itemAt(id: Y.ID): Y.Item | Entry | undefined {
    if (id.clock < this.stateOf(id.client)) {
      const struct: Y.Item | Y.GC = Y.getItem(this.#doc.store, id);
      return struct instanceof Y.Item ? struct : undefined;
    }
    const entry = this.#aheadAt(id);
    if (entry === undefined) {
      throw new MissingError(id.client, id.clock);
    }
    return entry;
  }

  #aheadAt(id: Y.ID): Entry | undefined {
    for (const ahead of this.#aheads) {
      const entry = ahead.find(id);
      if (entry !== undefined) {
        return entry;
      }
    }
    return undefined;
  }

  /** What follows an id; it may be the rest of the item that has it. */
  #after(id: Y.ID): Y.Item | null {
    const item = Y.getItem(this.#doc.store, id);
    return id.clock === item.lastId.clock ? item.right : item;
  }
}

function endOf(struct: Y.Item | Y.GC | undefined): number {
  return struct === undefined ? Infinity : struct.id.clock + struct.length;
}

/** How many types a list is in, itself included. */
export function depthOf(list: List): number {
  if (!(list instanceof Y.AbstractType)) {
    return list.depth;
  }
  let depth = 0;
  for (let item = list._item; item !== null; item = (item.parent as SharedType)._item) {
    depth += 1;
  }
  return depth;
}

export function unfit(): Error {
  return poisoned("it has content that documents do not have");
}

export function disordered(): Error {
  return poisoned("it has an item between two that are in another order");
}

/** The first of a list; that of a key is known by its last, from which Yjs goes back, too. */
function firstOf(list: List, key: string | null, onStep: () => void): Y.Item | null {
  if (!(list instanceof Y.AbstractType)) {
    return null;
  }
  let first = key === null ? list._start : (list._map.get(key) ?? null);
  while (first?.left) {
    onStep();
    first = first.left;
  }
  return first;
}

export function hasId({ id, length }: Y.Item, { client, clock }: Y.ID): boolean {
  return id.client === client && id.clock <= clock && clock < id.clock + length;
}
