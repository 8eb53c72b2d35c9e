import * as Y from "yjs";
import type { UnsavedItems, UnsavedItem, ItemList, Position } from "./unsavedItems.ts";
import { within } from "../content/deletion.ts";
import { MissingError } from "../content/integration.ts";
import type { Past } from "../content/past.ts";
import type { TypeSchema, DocumentSchema } from "./documentSchema.ts";
import { areReversed, type SharedType } from "../content/sharedDoc.ts";
import { poisoned, rootNameOf, type Range } from "../content/updateReader.ts";

/** Structs that are skipped one by one to reach the next range, before a binary search. */
const NEAR = 8;

/** Only a trial on a copy can show whether an update may be integrated. */
export class UnclearError extends Error {
  override readonly name = "UnclearError";
}

/** Locates the items of an update in a document and among the items that are not in it yet. */
export class ItemLocator {
  readonly #doc: Y.Doc;
  readonly #schema: DocumentSchema;
  readonly #unsaved: readonly UnsavedItems[];
  readonly #past: Past;

  constructor(doc: Y.Doc, schema: DocumentSchema, unsaved: readonly UnsavedItems[], past: Past) {
    this.#doc = doc;
    this.#schema = schema;
    this.#unsaved = unsaved;
    this.#past = past;
  }

  /** The clock after a client's last item in the document. */
  stateOf(client: number): number {
    return Y.getState(this.#doc.store, client);
  }

  /** The clock after a client's last item, saved or not. */
  endOf(client: number): number {
    return Math.max(this.stateOf(client), ...this.#unsaved.map((items) => items.end(client)));
  }

  /** Whether everything in ranges is deleted already. The ranges of a client must be in order. */
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
      // The next range is often near, and is then found faster than by a binary search.
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
   * The position where an item would be inserted; undefined if its parent is deleted.
   *
   * @throws MissingError when an item that it refers to has not arrived yet
   * @throws CloseError when it is not allowed there
   * @throws UnclearError when its neighbours do not determine the position
   */
  positionOf(item: Y.Item): Position | undefined {
    this.#past.assertOutside(item);
    const { origin, rightOrigin } = item;
    const left = origin && this.#beside(origin);
    const right = rightOrigin && this.#beside(rightOrigin);
    const position = left ?? right ?? this.#inside(item);
    if ((left === undefined && right) || (right === undefined && left)) {
      // A list is deleted as a whole. Pages that still have a part of it would show what the server does not.
      throw unfit();
    }
    if (left === undefined || right === undefined || position === undefined) {
      return undefined;
    }
    if (
      position.schema === undefined ||
      !this.#schema.accepts(position.schema, position.key, item.content)
    ) {
      throw unfit();
    }
    const between = { ...position, left: left?.left ?? null, right: right?.right ?? null };
    if (!this.#isBetween(item, between, left, right)) {
      throw new UnclearError();
    }
    return between;
  }

  /** Schema of the type in an item's content; undefined if there is none. */
  typeIn({ schema, key }: Position, content: Y.Item["content"]): TypeSchema | undefined {
    return schema && content instanceof Y.ContentType
      ? this.#schema.childSchema(schema, key, content.type)
      : undefined;
  }

  /**
   * Number of items between the neighbours of a position, now or when the item is integrated.
   *
   * @throws UnclearError when there are more than `most`
   */
  countBetween({ list, key, left, right }: Position, most: number): number {
    let count = this.#unsaved.reduce((sum, items) => sum + items.sizeOf(list), 0);
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
   * The lists from which a range deletes items, once for each item.
   *
   * @throws UnclearError when there are more than `most`
   */
  deletedBy(range: Range, most: number): ItemList[] {
    const lists: ItemList[] = [];
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
    for (const items of this.#unsaved) {
      for (const { position } of items.within(range)) {
        if (position !== undefined) {
          lists.push(position.list);
        }
      }
    }
    return lists;
  }

  /** The structs of a range that are in the document. */
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

  /** Whether an item's neighbours are in one list, and those that are unsaved are adjacent. */
  #isBetween(
    item: Y.Item,
    between: Position,
    left: Position | null,
    right: Position | null,
  ): boolean {
    const { origin, rightOrigin } = item;
    const isOneList = right === null || (right.list === between.list && right.key === between.key);
    const before = origin && this.#unsavedAt(origin);
    const after = rightOrigin && this.#unsavedAt(rightOrigin);
    if (before && after) {
      const isAdjacent =
        before === after
          ? origin.clock + 1 === rightOrigin.clock
          : Y.compareIDs(after.origin, origin) || Y.compareIDs(before.rightOrigin, rightOrigin);
      return isOneList && isAdjacent;
    }
    // A saved neighbour must be one of the two between which the unsaved one is inserted.
    const isRight = !before || Y.compareIDs(left?.right ?? null, between.right);
    const isLeft = !after || Y.compareIDs(right?.left ?? null, between.left);
    return isOneList && isRight && isLeft;
  }

  /** The position of an item; undefined if it is deleted. */
  #beside(id: Y.ID): Position | undefined {
    const item = this.#itemAt(id);
    if (!(item instanceof Y.Item)) {
      return item?.position;
    }
    const { parent, parentSub } = item;
    if (!(parent instanceof Y.AbstractType)) {
      return undefined;
    }
    const list = parent;
    return { list, schema: this.#schema.schemaOf(list), key: parentSub, left: id, right: id };
  }

  /** The list of the parent that an item names; undefined if the parent is deleted. */
  #inside(item: Y.Item): Position | undefined {
    const ends = { key: item.parentSub, left: null, right: null };
    const root = rootNameOf(item);
    if (root !== undefined) {
      const list = this.#doc.share.get(root);
      if (list === undefined) {
        throw unfit();
      }
      return { ...ends, list, schema: this.#schema.rootSchema(root) };
    }
    const owner = item.parent instanceof Y.ID ? this.#itemAt(item.parent) : undefined;
    if (!(owner instanceof Y.Item)) {
      return owner?.type && { ...ends, list: owner, schema: owner.type };
    }
    const list = owner.content instanceof Y.ContentType ? owner.content.type : undefined;
    return list && { ...ends, list, schema: this.#schema.schemaOf(list) };
  }

  #itemAt(id: Y.ID): Y.Item | UnsavedItem | undefined {
    if (id.clock < this.stateOf(id.client)) {
      const struct: Y.Item | Y.GC = Y.getItem(this.#doc.store, id);
      return struct instanceof Y.Item ? struct : undefined;
    }
    const entry = this.#unsavedAt(id);
    if (entry === undefined) {
      throw new MissingError(id.client, id.clock);
    }
    return entry;
  }

  #unsavedAt(id: Y.ID): UnsavedItem | undefined {
    for (const items of this.#unsaved) {
      const entry = items.find(id);
      if (entry !== undefined) {
        return entry;
      }
    }
    return undefined;
  }

  /** The item after an id, or the rest of the item that contains it. */
  #after(id: Y.ID): Y.Item | null {
    const item = Y.getItem(this.#doc.store, id);
    return id.clock === item.lastId.clock ? item.right : item;
  }
}

function endOf(struct: Y.Item | Y.GC | undefined): number {
  return struct === undefined ? Infinity : struct.id.clock + struct.length;
}

export function unfit(): Error {
  return poisoned("it has content that documents do not have");
}

export function disordered(): Error {
  return poisoned("it has an item between two that are in another order");
}

/** The first item of a list; that of a key is reached backwards from its last one, as in Yjs. */
function firstOf(list: ItemList, key: string | null, onStep: () => void): Y.Item | null {
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
