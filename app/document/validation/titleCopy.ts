import * as Y from "yjs";
import {
  Integration,
  MissingError,
  TooCostlyError,
  type UpdateParts,
} from "../content/integration.ts";
import { titleIn, titleOf } from "../content/title.ts";
import { emptyDoc, structsOf } from "../content/sharedDoc.ts";
import { hasId } from "./itemLocator.ts";
import { rootNameOf, UpdateReader, type Range, type Struct } from "../content/updateReader.ts";

/** Most items of a title that is tracked with each update; a longer one is written later by `Maintenance`. */
const MAX_ITEMS = 500;
const MAX_DETOURS = 5000;

/** A copy of a document's title, to compute what the title is with the updates that are being saved. */
export class TitleCopy {
  readonly #doc = emptyDoc();

  private constructor(items: readonly Y.Item[]) {
    integrate(this.#doc, items.map(copyOf));
  }

  /** Copies the title of a document; undefined if it is too long. */
  static of(doc: Y.Doc): TitleCopy | undefined {
    const items: Y.Item[] = [];
    for (let item = titleOf(doc)._start; item !== null; item = item.right) {
      if (items.push(item) > MAX_ITEMS) {
        return undefined;
      }
    }
    return feasible(() => new TitleCopy(items.sort((one, other) => one.id.clock - other.id.clock)));
  }

  /**
   * Integrates the changes of the title in an update.
   *
   * @returns the title; undefined if that takes too long or needs an item that the copy lacks, after which the copy
   * must not be used any more
   */
  add(update: Uint8Array): string | undefined {
    const reader = new UpdateReader(update);
    return feasible(() => {
      integrate(this.#doc, ofTitle(this.#doc, reader.structs()), reader.deletions());
      return structsOf(this.#doc) > 2 * MAX_ITEMS ? undefined : titleIn(this.#doc);
    });
  }
}

function feasible<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof TooCostlyError || error instanceof MissingError) {
      return undefined;
    }
    throw error;
  }
}

/** A copy of an item as in an update, before its integration. */
function copyOf({ id, origin, rightOrigin, content }: Y.Item): Y.Item {
  const parent = origin === null && rightOrigin === null ? "title" : null;
  const { client, clock } = id;
  const copied = Y.createID(client, clock);
  return new Y.Item(
    copied,
    null,
    origin,
    null,
    rightOrigin,
    parent as Y.ID | null,
    null,
    content.copy(),
  );
}

/** Integrates the items of the title; everything else that their clients wrote becomes gaps. */
function integrate(copy: Y.Doc, structs: readonly Struct[], deletions: Iterable<Range> = []): void {
  const parts: UpdateParts = {
    structs: () => withGaps(copy, structs),
    deletions: () => known(copy, deletions),
  };
  new Integration(copy, parts, MAX_DETOURS).advance();
}

function* withGaps(copy: Y.Doc, structs: readonly Struct[]): Generator<Struct, void> {
  const ends = new Map<number, number>();
  for (const struct of structs) {
    const { client, clock } = struct.id;
    const end = ends.get(client) ?? Y.getState(copy.store, client);
    if (clock > end) {
      yield new Y.GC(Y.createID(client, end), clock - end);
    }
    yield struct;
    ends.set(client, Math.max(end, clock + struct.length));
  }
}

function* known(copy: Y.Doc, ranges: Iterable<Range>): Generator<Range, void> {
  for (const { client, start, end } of ranges) {
    const state = Y.getState(copy.store, client);
    if (start < state) {
      yield { client, start, end: Math.min(end, state) };
    }
  }
}

/** The items of an update that belong to the title, each after its neighbours. */
function ofTitle({ store }: Y.Doc, structs: Iterable<Struct>): Y.Item[] {
  const found: Y.Item[] = [];
  const isOfTitle = (id: Y.ID): boolean =>
    id.clock < Y.getState(store, id.client)
      ? (Y.getItem(store, id) as Y.Item | Y.GC) instanceof Y.Item
      : found.some((item) => hasId(item, id));
  let left = MAX_ITEMS;
  for (const struct of structs) {
    left -= 1;
    if (left < 0) {
      throw new TooCostlyError(`an update has more than ${MAX_ITEMS} items`);
    }
    if (struct instanceof Y.Item) {
      const { origin, rightOrigin } = struct;
      const isBeside = [origin, rightOrigin].some((id) => id !== null && isOfTitle(id));
      if (isBeside || rootNameOf(struct) === "title") {
        found.push(struct);
      }
    }
  }
  return found;
}
