import * as Y from "yjs";
import {
  Integration,
  TooCostlyError,
  type Observer,
  type UpdateParts,
} from "../content/integration.ts";
import { Past } from "../content/past.ts";
import { titleIn, titleOf } from "../content/title.ts";
import {
  MAX_CLIENTS,
  MAX_DEPTH,
  MAX_OPENING_DETOURS,
  MAX_STORED_DETOURS,
  maxStructs,
} from "../limits.ts";
import { CloseError } from "../protocol/closeError.ts";
import type { DocumentSchema } from "./documentSchema.ts";
import { areReversed, emptyDoc, structsOf, type SharedType } from "../content/sharedDoc.ts";
import { disordered, unfit } from "./itemLocator.ts";
import { depthOf } from "./unsavedItems.ts";
import { poisoned, UpdateReader } from "../content/updateReader.ts";

/** What a try has shown. */
export interface Judgement {
  /** Bytes of the state with the update. */
  bytes: number;
  /** Detours that it takes to open the document then. */
  detours: number;
  /** The title, where it has changed. */
  title: string | undefined;
  /** The update and those behind it in one; undefined where there are none behind it. */
  merged: Uint8Array | undefined;
}

/** An update, and the document that it is for, as it is stored. */
export interface Trial {
  updates: readonly Uint8Array[];
  update: Uint8Array;
  /** State vector that the document had before it was renewed last; none where it was not. */
  past?: Uint8Array | undefined;
  /** Later ones by the same editor, which are tried with it. */
  behind?: readonly Uint8Array[];
}

type Size = Record<"bytes" | "items and gaps" | "clients", number>;

/**
 * Tries an update on a copy of a document before anybody else gets it, so that one that breaks breaks only the copy.
 *
 * @throws MissingError when the update needs what is not there yet
 * @throws CloseError when it would do harm, or makes the document too large or too slow to open
 * @throws TooCostlyError when the document takes too long to open without it
 */
export function judge(
  { updates, update, behind = [], past }: Trial,
  schema: DocumentSchema,
  maxBytes: number,
): Judgement {
  const merged = behind.length === 0 ? undefined : merge([update, ...behind]);
  const { state, title } = rehearse({ updates, update: merged ?? update, past }, schema, maxBytes);
  return { bytes: state.byteLength, detours: detoursTo(state), title, merged };
}

/** Nobody has looked at these yet, and Yjs fails in its own words at what it cannot read. */
function merge(updates: Uint8Array[]): Uint8Array {
  try {
    return Y.mergeUpdates(updates);
  } catch {
    throw poisoned("it cannot be read");
  }
}

/** Keeps no copy: a copy and the document that `detoursTo` opens would take twice the memory. */
function rehearse(trial: Trial, schema: DocumentSchema, maxBytes: number): Outcome {
  return new TrialDocument(trial, schema, maxBytes).run(trial.update);
}

/** What a rehearsal ends with. */
interface Outcome extends Pick<Judgement, "title"> {
  /** The state with the update. */
  state: Uint8Array;
}

/** A copy of a document, for one update. */
class TrialDocument {
  readonly #doc: Y.Doc;
  readonly #schema: DocumentSchema;
  readonly #maxBytes: number;
  readonly #past: Past;
  #hasNewTitle = false;
  /** Items that were passed to find others. */
  #passed = 0;

  constructor({ updates, past }: Trial, schema: DocumentSchema, maxBytes: number) {
    this.#doc = openCopy(updates, MAX_STORED_DETOURS);
    this.#schema = schema;
    this.#maxBytes = maxBytes;
    this.#past = new Past(past);
    titleOf(this.#doc).observe(() => (this.#hasNewTitle = true));
  }

  run(update: Uint8Array): Outcome {
    const before = this.#size(Y.encodeStateAsUpdate(this.#doc));
    this.#apply(update);
    const state = Y.encodeStateAsUpdate(this.#doc);
    this.#assertSize(this.#size(state), before);
    return { state, title: this.#hasNewTitle ? titleIn(this.#doc) : undefined };
  }

  #apply(update: Uint8Array): void {
    const reader = new UpdateReader(update);
    const most = maxStructs(this.#maxBytes);
    const parts: UpdateParts = {
      structs: () => atMost(most, reader.structs()),
      deletions: () => atMost(most, reader.deletions()),
    };
    const observer: Observer = {
      onRead: (item) => {
        this.#past.assertOutside(item);
        this.#assertNeighbours(item);
      },
      onIntegrated: (item) => this.#assertFits(item),
    };
    try {
      new Integration(this.#doc, parts, MAX_OPENING_DETOURS, observer).advance();
    } catch (error) {
      throw error instanceof TooCostlyError ? costly("to save") : error;
    }
  }

  /** Neighbours that one list has go together, and Yjs finds them wrong once it has split an item between them. */
  #assertNeighbours({ origin, rightOrigin }: Y.Item): void {
    const { store } = this.#doc;
    const isThere = (id: Y.ID | null): id is Y.ID =>
      id !== null && id.clock < Y.getState(store, id.client);
    if (!isThere(origin) || !isThere(rightOrigin)) {
      return;
    }
    const isGone = (id: Y.ID): boolean => !(Y.getItem(store, id) instanceof Y.Item);
    if (isGone(origin) !== isGone(rightOrigin)) {
      throw unfit();
    }
    if (areReversed(store, origin, rightOrigin)) {
      throw disordered();
    }
  }

  #assertFits(item: Y.Item): void {
    const { parent, parentSub, content } = item;
    const list = parent as SharedType;
    const typeSchema = this.#schema.schemaOf(list);
    if (typeSchema === undefined || !this.#schema.accepts(typeSchema, parentSub, content)) {
      throw unfit();
    }
    if (content instanceof Y.ContentType && depthOf(list) >= MAX_DEPTH) {
      throw poisoned(`it nests deeper than ${MAX_DEPTH} levels`);
    }
    this.#assertOrder(item);
  }

  /** Where an item's neighbours are in another order than it says, it may be compared with all others. */
  #assertOrder({ origin, rightOrigin, right: next }: Y.Item): void {
    const { store } = this.#doc;
    if (origin === null || rightOrigin === null || isNextTo(store, origin, rightOrigin)) {
      return;
    }
    const last = Y.getItem(store, rightOrigin);
    let item = next;
    while (item !== null && item !== last) {
      item = item.right;
      this.#passed += 1;
      if (this.#passed > MAX_OPENING_DETOURS) {
        throw costly("to save");
      }
    }
    if (item === null) {
      throw disordered();
    }
  }

  /** What a document may have only so much of. */
  #size(state: Uint8Array): Size {
    return {
      bytes: state.byteLength,
      "items and gaps": structsOf(this.#doc),
      clients: this.#doc.store.clients.size,
    };
  }

  /** What two replicas have taken at the same time may be too much together; then it may only get less. */
  #assertSize(size: Size, before: Size): void {
    const limits: Size = {
      bytes: this.#maxBytes,
      "items and gaps": maxStructs(this.#maxBytes),
      clients: MAX_CLIENTS,
    };
    for (const what of Object.keys(limits) as (keyof Size)[]) {
      if (size[what] > Math.max(limits[what], before[what])) {
        throw new CloseError(
          "document-bytes",
          `the document would have ${size[what]} ${what}; the limit is ${limits[what]}`,
        );
      }
    }
  }
}

/**
 * Opens a document as a room does: without what cannot be put in.
 *
 * @throws TooCostlyError when it takes more detours
 */
export function openCopy(updates: readonly Uint8Array[], maxDetours: number): Y.Doc {
  const doc = emptyDoc();
  let detours = 0;
  for (const update of updates) {
    const left = maxDetours - detours;
    const integration = new Integration(doc, new UpdateReader(update, false), left);
    try {
      integration.advance();
    } catch (error) {
      if (error instanceof TooCostlyError) {
        throw error;
      }
    }
    detours += integration.detours;
  }
  return doc;
}

/** @throws CloseError when they are too many */
function detoursTo(state: Uint8Array): number {
  const integration = new Integration(
    emptyDoc(),
    new UpdateReader(state, false),
    MAX_OPENING_DETOURS,
  );
  try {
    integration.advance();
  } catch (error) {
    throw error instanceof TooCostlyError ? costly("to open") : error;
  }
  return integration.detours;
}

/** Whether one of two was put next to the other. */
function isNextTo(store: Y.Doc["store"], left: Y.ID, right: Y.ID): boolean {
  return (
    Y.compareIDs(Y.getItem(store, right).origin, left) ||
    Y.compareIDs(Y.getItem(store, left).rightOrigin, right)
  );
}

function* atMost<T>(most: number, some: Iterable<T>): Generator<T, void> {
  let count = 0;
  for (const each of some) {
    count += 1;
    if (count > most) {
      throw costly("to save");
    }
    yield each;
  }
}

function costly(when: string): CloseError {
  return new CloseError("costly", `an update was refused: it makes the document too slow ${when}`);
}
