import * as Y from "yjs";
import type { UnsavedItems, UnsavedItem, ItemList, Position } from "./unsavedItems.ts";
import { within } from "../content/deletion.ts";
import { MissingError } from "../content/integration.ts";
import type { Past } from "../content/past.ts";
import type { TypeSchema, DocumentSchema } from "./documentSchema.ts";
import { areReversed, type SharedType } from "../content/sharedDoc.ts";
import { poisoned, rootNameOf, type Range } from "../content/updateReader.ts";

/** Structs that are passed from one range to the next before it is looked for among all. */
const NEAR = 8;

/** Ends a look at an update that is too much for it. */
export class UnclearError extends Error {
  override readonly name = "UnclearError";
}

/** What is around the items of an update, in a document and in what is to come into it. */
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

  /** How much a client has written that is in the document. */
  stateOf(client: number): number {
    return Y.getState(this.#doc.store, client);
  }

  /** How much a client has written. */
  endOf(client: number): number {
    return Math.max(this.stateOf(client), ...this.#unsaved.map((ahead) => ahead.end(client)));
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
   * @throws CloseError when it may not be there
   */
  positionOf(item: Y.Item): Position | undefined {
    this.#past.assertOutside(item);
    const { origin, rightOrigin } = item;
    const left = origin && this.#beside(origin);
    const right = rightOrigin && this.#beside(rightOrigin);
    const position = left ?? right ?? this.#inside(item);
    if ((left === undefined && right) || (right === undefined && left)) {
      // What was in one list goes together. Pages that still have it would show what the server does not.
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

  /** What a type is that an item has; undefined where it has none. */
  typeIn({ schema, key }: Position, content: Y.Item["content"]): TypeSchema | undefined {
    return schema && content instanceof Y.ContentType
      ? this.#schema.childSchema(schema, key, content.type)
      : undefined;
  }

  /**
   * How many items there are between the neighbours that an item would have, or may be there when it gets its schema.
   *
   * @throws UnclearError when there are more than that
   */
  countBetween({ list, key, left, right }: Position, most: number): number {
    let count = this.#unsaved.reduce((sum, ahead) => sum + ahead.sizeOf(list), 0);
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
    for (const ahead of this.#unsaved) {
      for (const { position } of ahead.within(range)) {
        if (position !== undefined) {
          lists.push(position.list);
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
  #isBetween(
    item: Y.Item,
    between: Position,
    left: Position | null,
    right: Position | null,
  ): boolean {
    const { origin, rightOrigin } = item;
    const isOneList = right === null || (right.list === between.list && right.key === between.key);
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
    const isRight = !before || Y.compareIDs(left?.right ?? null, between.right);
    const isLeft = !after || Y.compareIDs(right?.left ?? null, between.left);
    return isOneList && isRight && isLeft;
  }

  /** Where an item is; undefined where it is gone. */
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

  /** The list of what an item names as its parent; undefined where that is gone. */
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
    const entry = this.#aheadAt(id);
    if (entry === undefined) {
      throw new MissingError(id.client, id.clock);
    }
    return entry;
  }

  #aheadAt(id: Y.ID): UnsavedItem | undefined {
    for (const ahead of this.#unsaved) {
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

export function unfit(): Error {
  return poisoned("it has content that documents do not have");
}

export function disordered(): Error {
  return poisoned("it has an item between two that are in another order");
}

/** The first of a list; that of a key is known by its last, from which Yjs goes back, too. */
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
