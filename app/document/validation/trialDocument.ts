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

/** The result of a trial. */
export interface Judgement {
  /** Bytes of the state with the update. */
  bytes: number;
  /** Detours of opening the document with the update. */
  detours: number;
  /** The title; undefined if it has not changed. */
  title: string | undefined;
  /** The update merged with those behind it; undefined if there are none. */
  merged: Uint8Array | undefined;
}

/** An update and the stored document that it is for. */
export interface Trial {
  updates: readonly Uint8Array[];
  update: Uint8Array;
  /** State vector before the document's last renewal; undefined if there was none. */
  past?: Uint8Array | undefined;
  /** Later updates of the same editor, which are tried with it. */
  behind?: readonly Uint8Array[];
}

type Size = Record<"bytes" | "items and gaps" | "clients", number>;

/**
 * Tries an update on a copy of a document before anybody else gets it, so that a harmful one breaks only the copy.
 *
 * @throws MissingError when the update needs an item that has not arrived yet
 * @throws CloseError when it would do harm, or make the document too large or too slow to open
 * @throws TooCostlyError when the document takes too long to open without it
 */
export function judge(
  { updates, update, behind = [], past }: Trial,
  schema: DocumentSchema,
  maxBytes: number,
): Judgement {
  const merged = behind.length === 0 ? undefined : merge([update, ...behind]);
  const { state, title } = run({ updates, update: merged ?? update, past }, schema, maxBytes);
  return { bytes: state.byteLength, detours: detoursTo(state), title, merged };
}

/** Merges updates that were not checked yet, so that Yjs may throw any error. */
function merge(updates: Uint8Array[]): Uint8Array {
  try {
    return Y.mergeUpdates(updates);
  } catch {
    throw poisoned("it cannot be read");
  }
}

/** Runs the trial and drops the copy, as `detoursTo` needs the memory for another document. */
function run(trial: Trial, schema: DocumentSchema, maxBytes: number): Outcome {
  return new TrialDocument(trial, schema, maxBytes).run(trial.update);
}

/** The outcome of a trial. */
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
  /** Items that were passed in search of others. */
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

  /** Checks an item's neighbours before Yjs splits an item between them, after which it would find wrong ones. */
  #assertNeighbours({ origin, rightOrigin }: Y.Item): void {
    const { store } = this.#doc;
    const hasArrived = (id: Y.ID | null): id is Y.ID =>
      id !== null && id.clock < Y.getState(store, id.client);
    if (!hasArrived(origin) || !hasArrived(rightOrigin)) {
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

  /** Checks the order of an item's neighbours: in the wrong order, it may be compared with all other items. */
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

  /** The quantities that are limited. */
  #size(state: Uint8Array): Size {
    return {
      bytes: state.byteLength,
      "items and gaps": structsOf(this.#doc),
      clients: this.#doc.store.clients.size,
    };
  }

  /** Two replicas may together have exceeded a limit; then updates may only reduce the excess. */
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
 * Opens a document as a room does: without updates that cannot be integrated.
 *
 * @throws TooCostlyError when that takes more detours
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

/**
 * Detours of opening a document by its state.
 *
 * @throws CloseError when there are too many
 */
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

/** Whether one of two items was inserted next to the other. */
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
  return new CloseError("costly", `an update was rejected: it makes the document too slow ${when}`);
}
