import * as Y from "yjs";
import { depthOf, UnsavedItems, type UnsavedItem, type ItemList } from "./unsavedItems.ts";
import type { Content } from "../content/content.ts";
import { MissingError } from "../content/integration.ts";
import { titleOf } from "../content/title.ts";
import { MAX_CLIENTS, MAX_DEPTH, MAX_OPENING_DETOURS, maxStructs } from "../limits.ts";
import type { DocumentSchema } from "./documentSchema.ts";
import { ItemLocator, UnclearError } from "./itemLocator.ts";
import { poisoned, UpdateReader, type Range, type Struct } from "../content/updateReader.ts";

/** Limits of an update that is checked here; a larger one is tried on a copy by another process. */
const LIMITS = {
  bytes: 4096,
  structs: 100,
  ranges: 100,
  /** Items that it deletes. */
  deleted: 1000,
  /** Items between the neighbours of its own items, which Yjs may compare these with. */
  between: 2000,
  /** Items that are being saved. */
  unsaved: 5000,
};

/** Whether an update may be integrated. */
export type FastCheckResult =
  /** The document has all of it. */
  | { kind: "known" }
  | { kind: "fits"; entries: readonly UnsavedItem[]; changesTitle: boolean }
  /** It needs an item that has not arrived yet. */
  | { kind: "early"; needed: MissingError }
  /** Only a trial on a copy can show that. */
  | { kind: "unclear" };

/**
 * Checks whether small updates, such as keystrokes, may be integrated, by looking only at the positions of their items.
 * It takes items into account that are being saved and not in the document yet.
 */
export class FastCheck {
  readonly #content: Content;
  readonly #schema: DocumentSchema;
  readonly #maxBytes: number;
  readonly #unsaved = new UnsavedItems();
  /** Bytes of the updates that are being saved. */
  #bytes = 0;

  constructor(content: Content, schema: DocumentSchema, maxBytes: number) {
    this.#content = content;
    this.#schema = schema;
    this.#maxBytes = maxBytes;
  }

  /** @throws CloseError when the update would do harm */
  check(update: Uint8Array): FastCheckResult {
    try {
      return this.#check(update);
    } catch (error) {
      if (error instanceof UnclearError) {
        return { kind: "unclear" };
      }
      if (error instanceof MissingError) {
        // An update can have the item itself, but after the one that needs it.
        const hasIt = hasItem(update, error);
        return hasIt ? { kind: "unclear" } : { kind: "early", needed: error };
      }
      throw error;
    }
  }

  /** Whether an item that an early update needs has arrived. */
  has({ client, clock }: MissingError): boolean {
    return clock < Math.max(Y.getState(this.#content.doc.store, client), this.#unsaved.end(client));
  }

  /** Called when saving an update that fits starts. */
  saveStarted(update: Uint8Array, entries: readonly UnsavedItem[]): void {
    this.#bytes += update.byteLength;
    entries.forEach((entry) => this.#unsaved.add(entry));
  }

  /** Called when that update is in the document, or could not be saved. */
  saveSettled(update: Uint8Array, entries: readonly UnsavedItem[]): void {
    this.#bytes -= update.byteLength;
    entries.forEach((entry) => this.#unsaved.delete(entry));
  }

  #check(update: Uint8Array): FastCheckResult {
    const reader = new UpdateReader(update);
    const structs = take(reader.structs(), LIMITS.structs);
    const ranges = take(reader.deletions(), maxStructs(this.#maxBytes));
    const fresh = new UnsavedItems();
    const { doc, past } = this.#content;
    const locator = new ItemLocator(doc, this.#schema, [fresh, this.#unsaved], past);
    if (isKnown(locator, structs, ranges)) {
      return { kind: "known" };
    }
    this.#assertSmall(update, structs, ranges, locator);
    let left = LIMITS.between;
    for (const struct of structs) {
      const entry = unsavedItemOf(struct, locator, left);
      if (entry !== undefined) {
        left -= entry.between;
        fresh.add(entry);
      }
    }
    const deleted = deletedBy(ranges, locator);
    if (this.#bound(fresh) > MAX_OPENING_DETOURS) {
      throw new UnclearError();
    }
    const entries = [...fresh.all()];
    const title: ItemList = titleOf(doc);
    const changed = [...deleted, ...entries.map(({ position }) => position?.list)];
    return { kind: "fits", entries, changesTitle: changed.includes(title) };
  }

  /** @throws UnclearError when the update may make the document too large, which only a copy can show */
  #assertSmall(
    update: Uint8Array,
    structs: readonly Struct[],
    ranges: readonly Range[],
    locator: ItemLocator,
  ): void {
    const { doc, bytes, structs: before } = this.#content;
    const added = structs.length + ranges.length;
    // Each of them splits an existing item at most twice.
    const after = before + 3 * (added + this.#unsaved.size);
    const isSmall =
      update.byteLength <= LIMITS.bytes &&
      ranges.length <= LIMITS.ranges &&
      this.#unsaved.size <= LIMITS.unsaved &&
      (doc.store.clients.size < MAX_CLIENTS ||
        structs.every(({ id }) => locator.stateOf(id.client) > 0)) &&
      bytes + this.#bytes + update.byteLength <= this.#maxBytes &&
      after <= maxStructs(this.#maxBytes);
    if (!isSmall) {
      throw new UnclearError();
    }
  }

  /** Most detours of opening the document with everything that is being saved; 0 if the update adds none. */
  #bound(fresh: UnsavedItems): number {
    const { contention, structs } = this.#content;
    const costOf = ({ position, between }: UnsavedItem): number =>
      between +
      (position?.list instanceof Y.AbstractType
        ? contention.costOf(position.list, position.key, structs)
        : 0);
    const cost = (items: UnsavedItems): number =>
      [...items.all()].reduce((sum, entry) => sum + costOf(entry), 0);
    const added = cost(fresh);
    return added === 0 ? 0 : contention.bound(structs) + cost(this.#unsaved) + added;
  }
}

/** Whether the document has all of an update. */
function isKnown(
  locator: ItemLocator,
  structs: readonly Struct[],
  ranges: readonly Range[],
): boolean {
  return (
    structs.every(
      (struct) =>
        struct instanceof Y.Skip ||
        struct.id.clock + struct.length <= locator.stateOf(struct.id.client),
    ) && locator.areDeleted(ranges)
  );
}

/** Properties of an item that was deleted before it arrived. */
const NOWHERE = {
  origin: null,
  rightOrigin: null,
  position: undefined,
  type: undefined,
  depth: 0,
  between: 0,
};

/**
 * The item that a struct adds; undefined if it adds nothing.
 *
 * @param most most items that may be between its neighbours
 * @throws UnclearError when there are more
 */
function unsavedItemOf(
  struct: Struct,
  locator: ItemLocator,
  most: number,
): UnsavedItem | undefined {
  const { client, clock } = struct.id;
  const range = { client, start: clock, end: clock + struct.length };
  const known = locator.endOf(client);
  if (struct instanceof Y.Skip || range.end <= known) {
    return undefined;
  }
  if (clock > known) {
    throw new MissingError(client, clock - 1);
  }
  if (clock < known) {
    throw new UnclearError();
  }
  if (!(struct instanceof Y.Item)) {
    return { ...range, ...NOWHERE };
  }
  const { origin, rightOrigin } = struct;
  const position = locator.positionOf(struct);
  const type = position && locator.typeIn(position, struct.content);
  const depth = type === undefined || position === undefined ? 0 : 1 + depthOf(position.list);
  if (depth > MAX_DEPTH) {
    throw poisoned(`it nests deeper than ${MAX_DEPTH} levels`);
  }
  const between = position === undefined ? 0 : locator.countBetween(position, most);
  return { ...range, origin, rightOrigin, position, type, depth, between };
}

/** The lists from which ranges delete items. */
function deletedBy(ranges: readonly Range[], locator: ItemLocator): ItemList[] {
  const lists: ItemList[] = [];
  for (const range of ranges) {
    if (range.end > locator.endOf(range.client)) {
      throw new MissingError(range.client, range.end - 1);
    }
    lists.push(...locator.deletedBy(range, LIMITS.deleted - lists.length));
  }
  return lists;
}

function hasItem(update: Uint8Array, { client, clock }: MissingError): boolean {
  const structs = [...new UpdateReader(update).structs()];
  return structs.some(({ id, length }) => id.client === client && clock < id.clock + length);
}

/**
 * All values.
 *
 * @throws UnclearError when there are more than `most`
 */
function take<T>(some: Iterable<T>, most: number): T[] {
  const taken: T[] = [];
  for (const each of some) {
    taken.push(each);
    if (taken.length > most) {
      throw new UnclearError();
    }
  }
  return taken;
}
