import * as Y from "yjs";
import { poisoned, rootNameOf, type Range, type Struct } from "./updateReader.ts";
import { clear } from "./deletion.ts";

/** Steps of each slice, and of each struct or deletion; Yjs takes some 2,000 steps a millisecond. */
const SLICE_STEPS = 50;
const STRUCT_STEPS = 5;

/** Items that are moved in the time of a step when one before them is split. */
export const MOVED_IN_STEP = 250;

/** The parts of an update, which are read as they are needed. */
export interface UpdateParts {
  structs(): Iterable<Struct>;
  deletions(): Iterable<Range>;
}

/** Called during an integration; each callback may throw to end it. */
export interface Observer {
  /** Called before an item is linked to its neighbours, which may split them. */
  onRead?: (item: Y.Item) => void;
  /** Called before an item is placed among others that were inserted there concurrently. */
  onConflict?: (item: Y.Item) => void;
  onIntegrated?: (item: Y.Item) => void;
}

/** An update needs an item that the document does not have: that of a client at a clock. */
export class MissingError extends Error {
  override readonly name = "MissingError";
  readonly client: number;
  readonly clock: number;

  constructor(client: number, clock: number) {
    super(`an update needs what client ${client} has written at ${clock}`);
    this.client = client;
    this.clock = clock;
  }
}

/** Work takes more detours, or more time, than allowed. */
export class TooCostlyError extends Error {
  override readonly name = "TooCostlyError";
}

/** The structs of one client, and the index of the next one to integrate. */
interface Queue {
  structs: Struct[];
  next: number;
}

/**
 * Integrates an update into a document as `Y.applyUpdate` does, but in slices, and counting its steps. Between two slices
 * the document has a part of the update.
 */
export class Integration {
  /** Steps so far. */
  steps = 0;
  /** Steps beyond those of each struct: comparisons with other items, and moves where one is split. */
  detours = 0;
  readonly #doc: Y.Doc;
  readonly #maxDetours: number;
  readonly #observer: Observer;
  readonly #work: Generator<void, void>;
  #transaction: Y.Transaction | undefined;

  constructor(doc: Y.Doc, parts: UpdateParts, maxDetours = Infinity, observer: Observer = {}) {
    this.#doc = doc;
    this.#maxDetours = maxDetours;
    this.#observer = observer;
    this.#work = this.#integrate(parts);
  }

  /**
   * Continues for a number of steps.
   *
   * @returns whether the integration is complete
   * @throws MissingError when the document lacks an item
   * @throws TooCostlyError when there are too many detours
   */
  advance(steps = Infinity): boolean {
    // A local transaction: after a remote one Yjs would clean up formatting, which is left to pages.
    return this.#doc.transact((transaction) => {
      this.#transaction = transaction;
      const end = this.steps + steps;
      for (this.steps += SLICE_STEPS; this.steps < end; this.steps += STRUCT_STEPS) {
        if (this.#work.next().done === true) {
          return true;
        }
      }
      return false;
    });
  }

  get #current(): Y.Transaction {
    if (this.#transaction === undefined) {
      throw new Error("an integration needs a transaction");
    }
    return this.#transaction;
  }

  *#integrate(parts: UpdateParts): Generator<void, void> {
    const queues = new Map<number, Queue>();
    for (const struct of parts.structs()) {
      const queue = queues.get(struct.id.client);
      if (queue === undefined) {
        queues.set(struct.id.client, { structs: [struct], next: 0 });
      } else {
        queue.structs.push(struct);
      }
      yield;
    }
    yield* this.#integrateAll(queues);
    for (const range of parts.deletions()) {
      yield* this.#delete(range);
    }
  }

  /** Integrates clients with higher ids first: the items of lower ones yield to them, so there are fewer conflicts. */
  *#integrateAll(queues: Map<number, Queue>): Generator<void, void> {
    const waiting: Struct[] = [];
    const waitingClients = new Set<number>();
    for (const [, queue] of [...queues].sort(([one], [other]) => other - one)) {
      while (queue.next < queue.structs.length || waiting.length > 0) {
        const struct = waiting.pop() ?? takeNext(queue);
        waitingClients.delete(struct.id.client);
        const needed = this.#needed(struct);
        if (needed === undefined) {
          this.#integrateStruct(struct);
        } else {
          const source = queues.get(needed.client);
          if (waitingClients.has(needed.client)) {
            throw poisoned("its items wait for each other");
          }
          if (source === undefined || source.next === source.structs.length) {
            throw new MissingError(needed.client, needed.clock);
          }
          waiting.push(struct, takeNext(source));
          waitingClients.add(struct.id.client).add(needed.client);
        }
        yield;
      }
    }
  }

  /** Id of an item that must be integrated first. */
  #needed(struct: Struct): Y.ID | undefined {
    const { store } = this.#doc;
    const { client, clock } = struct.id;
    const known = Y.getState(store, client);
    if (struct instanceof Y.Skip || clock + struct.length <= known) {
      return undefined;
    }
    if (clock > known) {
      throw new MissingError(client, clock - 1);
    }
    if (!(struct instanceof Y.Item)) {
      return undefined;
    }
    const root = rootNameOf(struct);
    if (root !== undefined) {
      struct.parent = this.#doc.get(root);
    }
    this.#observer.onRead?.(struct);
    const missing = this.#countingSplits(struct, () => struct.getMissing(this.#current, store));
    return [struct.origin, struct.rightOrigin, struct.parent].find(
      (id) => id instanceof Y.ID && id.client === missing && id.clock >= Y.getState(store, missing),
    ) as Y.ID | undefined;
  }

  #integrateStruct(struct: Struct): void {
    const { store } = this.#doc;
    const offset = Y.getState(store, struct.id.client) - struct.id.clock;
    if (struct instanceof Y.Skip || offset >= struct.length) {
      return;
    }
    if (!(struct instanceof Y.Item)) {
      struct.integrate(this.#current, offset);
      return;
    }
    if (offset > 0) {
      const before = Y.createID(struct.id.client, struct.id.clock + offset - 1);
      struct.left = Y.getItemCleanEnd(this.#current, store, before);
    }
    const isCounting = this.#maxDetours < Infinity || this.#observer.onConflict !== undefined;
    const conflicts =
      isCounting && hasConflict(struct)
        ? conflictsOf(struct, store, this.#maxDetours - this.detours + 1)
        : 0;
    if (conflicts > 0) {
      this.#detour(conflicts);
      this.#observer.onConflict?.(struct);
    }
    struct.integrate(this.#current, offset);
    if (struct.parent instanceof Y.AbstractType) {
      this.#observer.onIntegrated?.(struct);
    }
  }

  *#delete({ client, start, end }: Range): Generator<void, void> {
    const { store } = this.#doc;
    const known = Y.getState(store, client);
    if (end > known) {
      throw new MissingError(client, end - 1);
    }
    for (let clock = start; clock < end;) {
      const structs = store.clients.get(client) ?? [];
      const index = Y.findIndexSS(structs, clock);
      let struct = structs[index];
      if (struct instanceof Y.Item && !struct.deleted) {
        const before = structs.length;
        struct = Y.getItemCleanStart(this.#current, Y.createID(client, clock));
        if (struct.id.clock + struct.length > end) {
          Y.getItemCleanStart(this.#current, Y.createID(client, end));
        }
        this.#detour(((structs.length - before) * (structs.length - index)) / MOVED_IN_STEP);
        yield* clear(struct, store);
        struct.delete(this.#current);
      }
      clock = struct === undefined ? end : struct.id.clock + struct.length;
      yield;
    }
  }

  /** Counts the moves when an item is inserted within another one, which splits that one. */
  #countingSplits<T>({ origin, rightOrigin }: Y.Item, work: () => T): T {
    const lists = [origin, rightOrigin].map((id) => id && this.#doc.store.clients.get(id.client));
    const before = lists.map((list) => list?.length ?? 0);
    const result = work();
    lists.forEach((list, index) => {
      const added = (list?.length ?? 0) - (before[index] ?? 0);
      this.#detour((added * (list?.length ?? 0)) / MOVED_IN_STEP);
    });
    return result;
  }

  #detour(steps: number): void {
    this.steps += steps;
    this.detours += steps;
    if (this.detours > this.#maxDetours) {
      throw new TooCostlyError(`it takes more than ${this.#maxDetours} steps to integrate`);
    }
  }
}

function takeNext(queue: Queue): Struct {
  const struct = queue.structs[queue.next];
  if (struct === undefined) {
    throw new Error("there is no struct left");
  }
  queue.next += 1;
  return struct;
}

/** Whether other items may be between an item's neighbours. */
function hasConflict({ left, right, parent }: Y.Item): boolean {
  const isBetween = left === null ? right?.left !== null : left.right !== right;
  return isBetween && parent instanceof Y.AbstractType;
}

/** How many items Yjs compares an item with to place it among concurrent inserts. */
function conflictsOf(item: Y.Item, store: Y.Doc["store"], limit: number): number {
  const passed = new Set<Y.Item>();
  let count = 0;
  const first = firstConflicting(item, () => (count += 1));
  for (let other = first; other !== null && other !== item.right && count < limit;) {
    count += 1;
    passed.add(other);
    if (Y.compareIDs(item.origin, other.origin)) {
      const isBefore = other.id.client < item.id.client;
      if (!isBefore && Y.compareIDs(item.rightOrigin, other.rightOrigin)) {
        break;
      }
    } else if (other.origin === null || !passed.has(Y.getItem(store, other.origin))) {
      break;
    }
    other = other.right;
  }
  return count;
}

/** The item after the left neighbour, or the first of the list; that of a key is reached backwards from its last one. */
function firstConflicting({ left, parent, parentSub }: Y.Item, onStep: () => void): Y.Item | null {
  if (left !== null || !(parent instanceof Y.AbstractType)) {
    return left?.right ?? null;
  }
  let first = parentSub === null ? parent._start : (parent._map.get(parentSub) ?? null);
  while (first?.left) {
    onStep();
    first = first.left;
  }
  return first;
}
