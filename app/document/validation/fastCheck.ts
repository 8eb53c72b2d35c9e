import * as Y from "yjs";
import { Ahead, type Entry, type List } from "./unsavedItems.ts";
import type { Content } from "../content/content.ts";
import { MissingError } from "../content/integration.ts";
import { titleOf } from "../storage/documentRepository.ts";
import { MAX_CLIENTS, MAX_DEPTH, MAX_OPENING_DETOURS, maxStructs } from "../limits.ts";
import type { Shape } from "./documentSchema.ts";
import { depthOf, Surroundings, UnclearError } from "./itemLocator.ts";
import { poisoned, UpdateReader, type Range, type Struct } from "../content/updateReader.ts";

/** The most that an update may have to be checked here; what has more, is tried on a copy by another process. */
const MOST = {
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
export type Verdict =
  /** The document has all of it. */
  | { kind: "known" }
  | { kind: "fits"; entries: readonly Entry[]; changesTitle: boolean }
  /** It needs what is not there yet. */
  | { kind: "early"; needed: MissingError }
  /** It has to be tried on a copy. */
  | { kind: "unclear" };

/**
 * Checks whether small updates, such as keystrokes, may be put into a document, by a look at the places where they
 * would be put. It also knows what is being saved, which the document does not have yet.
 */
export class Admission {
  readonly #content: Content;
  readonly #shape: Shape;
  readonly #maxBytes: number;
  readonly #ahead = new Ahead();
  /** Bytes that are being saved. */
  #bytes = 0;

  constructor(content: Content, shape: Shape, maxBytes: number) {
    this.#content = content;
    this.#shape = shape;
    this.#maxBytes = maxBytes;
  }

  /** @throws Refusal when it would do harm */
  check(update: Uint8Array): Verdict {
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
    return clock < Math.max(Y.getState(this.#content.doc.store, client), this.#ahead.end(client));
  }

  /** An update that fits is being saved. */
  saving(update: Uint8Array, entries: readonly Entry[]): void {
    this.#bytes += update.byteLength;
    entries.forEach((entry) => this.#ahead.add(entry));
  }

  /** It is in the document, or not saved. */
  settled(update: Uint8Array, entries: readonly Entry[]): void {
    this.#bytes -= update.byteLength;
    entries.forEach((entry) => this.#ahead.delete(entry));
  }

  #check(update: Uint8Array): Verdict {
    const reader = new UpdateReader(update);
    const structs = take(reader.structs(), MOST.structs);
    const ranges = take(reader.deletions(), maxStructs(this.#maxBytes));
    const fresh = new Ahead();
    const { doc, past } = this.#content;
    const around = new Surroundings(doc, this.#shape, [fresh, this.#ahead], past);
    if (isKnown(around, structs, ranges)) {
      return { kind: "known" };
    }
    this.#assertSmall(update, structs, ranges, around);
    let left = MOST.between;
    for (const struct of structs) {
      const entry = entryOf(struct, around, left);
      if (entry !== undefined) {
        left -= entry.between;
        fresh.add(entry);
      }
    }
    const deleted = deletedBy(ranges, around);
    if (this.#bound(fresh) > MAX_OPENING_DETOURS) {
      throw new UnclearError();
    }
    const entries = [...fresh.all()];
    const title: List = titleOf(doc);
    const changed = [...deleted, ...entries.map(({ spot }) => spot?.list)];
    return { kind: "fits", entries, changesTitle: changed.includes(title) };
  }

  /** What may make the document too large is measured on a copy. */
  #assertSmall(
    update: Uint8Array,
    structs: readonly Struct[],
    ranges: readonly Range[],
    around: Surroundings,
  ): void {
    const { doc, bytes, structs: before } = this.#content;
    const added = structs.length + ranges.length;
    // Each of them splits another one twice at most.
    const after = before + 3 * (added + this.#ahead.size);
    const isSmall =
      update.byteLength <= MOST.bytes &&
      ranges.length <= MOST.ranges &&
      this.#ahead.size <= MOST.ahead &&
      (doc.store.clients.size < MAX_CLIENTS ||
        structs.every(({ id }) => around.stateOf(id.client) > 0)) &&
      bytes + this.#bytes + update.byteLength <= this.#maxBytes &&
      after <= maxStructs(this.#maxBytes);
    if (!isSmall) {
      throw new UnclearError();
    }
  }

  /** Most detours that it may take to open the document with all that is being saved; 0 where no more than before. */
  #bound(fresh: Ahead): number {
    const { contention, structs } = this.#content;
    const costOf = ({ spot, between }: Entry): number =>
      between +
      (spot?.list instanceof Y.AbstractType ? contention.costOf(spot.list, spot.key, structs) : 0);
    const cost = (items: Ahead): number =>
      [...items.all()].reduce((sum, entry) => sum + costOf(entry), 0);
    const added = cost(fresh);
    return added === 0 ? 0 : contention.bound(structs) + cost(this.#ahead) + added;
  }
}

/** Whether the document has all of an update. */
function isKnown(
  around: Surroundings,
  structs: readonly Struct[],
  ranges: readonly Range[],
): boolean {
  return (
    structs.every(
      (struct) =>
        struct instanceof Y.Skip ||
        struct.id.clock + struct.length <= around.stateOf(struct.id.client),
    ) && around.areDeleted(ranges)
  );
}

/** What is known of an item that was deleted before anybody saw it. */
const NOWHERE = {
  origin: null,
  rightOrigin: null,
  spot: undefined,
  type: undefined,
  depth: 0,
  between: 0,
};

/**
 * What a struct adds; undefined where it adds nothing.
 *
 * @throws UnclearError when it would be among more items than that
 */
function entryOf(struct: Struct, around: Surroundings, most: number): Entry | undefined {
  const { client, clock } = struct.id;
  const range = { client, start: clock, end: clock + struct.length };
  const known = around.endOf(client);
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
  const spot = around.spotOf(struct);
  const type = spot && around.typeIn(spot, struct.content);
  const depth = type === undefined || spot === undefined ? 0 : 1 + depthOf(spot.list);
  if (depth > MAX_DEPTH) {
    throw poisoned(`it nests deeper than ${MAX_DEPTH} levels`);
  }
  const between = spot === undefined ? 0 : around.between(spot, most);
  return { ...range, origin, rightOrigin, spot, type, depth, between };
}

/** The lists of which something is deleted. */
function deletedBy(ranges: readonly Range[], around: Surroundings): List[] {
  const lists: List[] = [];
  for (const range of ranges) {
    if (range.end > around.endOf(range.client)) {
      throw new MissingError(range.client, range.end - 1);
    }
    lists.push(...around.deletedBy(range, MOST.deleted - lists.length));
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
