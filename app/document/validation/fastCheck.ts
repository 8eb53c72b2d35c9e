import * as Y from "yjs";
import { depthOf, UnsavedItems, type UnsavedItem, type ItemList } from "./unsavedItems.ts";
import type { Content } from "../content/content.ts";
import { MissingError } from "../content/integration.ts";
import { titleOf } from "../content/title.ts";
import { MAX_CLIENTS, MAX_DEPTH, MAX_OPENING_DETOURS, maxStructs } from "../limits.ts";
import type { DocumentSchema } from "./documentSchema.ts";
import { ItemLocator, UnclearError } from "./itemLocator.ts";
import { poisoned, UpdateReader, type Range, type Struct } from "../content/updateReader.ts";

/** The most that an update may have to be checked here; what has more, is tried on a copy by another process. */
const LIMITS = {
  bytes: 4096,
  structs: 100,
  ranges: 100,
  /** Items that it deletes. */
  deleted: 1000,
  /** Items at the places of its own, among which Yjs looks for the right order. */
  between: 2000,
  /** Items that are being saved. */
  ahead: 5000,
};

/** What becomes of an update. */
export type FastCheckResult =
  /** The document has all of it. */
  | { kind: "known" }
  | { kind: "fits"; entries: readonly UnsavedItem[]; changesTitle: boolean }
  /** It needs what is not there yet. */
  | { kind: "early"; needed: MissingError }
  /** It has to be tried on a copy. */
  | { kind: "unclear" };

/**
 * Checks whether small updates, such as keystrokes, may be put into a document, by a look at the places where they
 * would be put. It also knows what is being saved, which the document does not have yet.
 */
export class FastCheck {
  readonly #content: Content;
  readonly #schema: DocumentSchema;
  readonly #maxBytes: number;
  readonly #unsaved = new UnsavedItems();
  /** Bytes that are being saved. */
  #bytes = 0;

  constructor(content: Content, schema: DocumentSchema, maxBytes: number) {
    this.#content = content;
    this.#schema = schema;
    this.#maxBytes = maxBytes;
  }

  /** @throws CloseError when it would do harm */
  check(update: Uint8Array): FastCheckResult {
    try {
      return this.#check(update);
    } catch (error) {
      if (error instanceof UnclearError) {
        return { kind: "unclear" };
      }
      if (error instanceof MissingError) {
        // One that has it itself has it later, in another order than the one in which it is needed.
        const isWithin = hasItself(update, error);
        return isWithin ? { kind: "unclear" } : { kind: "early", needed: error };
      }
      throw error;
    }
  }

  /** Whether something has been written that an update needs. */
  has({ client, clock }: MissingError): boolean {
    return clock < Math.max(Y.getState(this.#content.doc.store, client), this.#unsaved.end(client));
  }

  /** An update that fits is being saved. */
  saveStarted(update: Uint8Array, entries: readonly UnsavedItem[]): void {
    this.#bytes += update.byteLength;
    entries.forEach((entry) => this.#unsaved.add(entry));
  }

  /** It is in the document, or not saved. */
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
      const entry = entryOf(struct, locator, left);
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

  /** What may make the document too large is measured on a copy. */
  #assertSmall(
    update: Uint8Array,
    structs: readonly Struct[],
    ranges: readonly Range[],
    locator: ItemLocator,
  ): void {
    const { doc, bytes, structs: before } = this.#content;
    const added = structs.length + ranges.length;
    // Each of them splits another one twice at most.
    const after = before + 3 * (added + this.#unsaved.size);
    const isSmall =
      update.byteLength <= LIMITS.bytes &&
      ranges.length <= LIMITS.ranges &&
      this.#unsaved.size <= LIMITS.ahead &&
      (doc.store.clients.size < MAX_CLIENTS ||
        structs.every(({ id }) => locator.stateOf(id.client) > 0)) &&
      bytes + this.#bytes + update.byteLength <= this.#maxBytes &&
      after <= maxStructs(this.#maxBytes);
    if (!isSmall) {
      throw new UnclearError();
    }
  }

  /** Most detours that it may take to open the document with all that is being saved; 0 where no more than before. */
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

/** What is known of an item that was deleted before anybody saw it. */
const NOWHERE = {
  origin: null,
  rightOrigin: null,
  position: undefined,
  type: undefined,
  depth: 0,
  between: 0,
};

/**
 * What a struct adds; undefined where it adds nothing.
 *
 * @throws UnclearError when it would be among more items than that
 */
function entryOf(struct: Struct, locator: ItemLocator, most: number): UnsavedItem | undefined {
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

/** The lists of which something is deleted. */
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

function hasItself(update: Uint8Array, { client, clock }: MissingError): boolean {
  const structs = [...new UpdateReader(update).structs()];
  return structs.some(({ id, length }) => id.client === client && clock < id.clock + length);
}

/** All of them, unless there are more. */
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
