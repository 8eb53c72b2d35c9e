import * as Y from "yjs";
import { Refusal } from "./limits.ts";

/** Deepest nesting of elements and of values: what goes deeper overflows the stack of whoever deletes or shows it. */
const MAX_DEPTH = 200;

/**
 * Most that a client may have written in its life, characters and deletions counted. Beyond the numbers that are
 * exact, nobody could read a document's state any more.
 */
const MAX_CLOCK = 2 ** 40;

/** A range of what a client has written. */
interface Range {
  client: number;
  start: number;
  end: number;
}

/** What an update adds and what it needs, as far as that can be told without its document. */
export interface UpdateParts {
  /** In the order in which they are applied. */
  added: Range[];
  /** Ends of what has to be there. */
  needed: Range[];
}

/**
 * Reads an update as strictly as no client needs it.
 *
 * @throws Refusal when it cannot be read, or would do harm
 */
export function readUpdate(update: Uint8Array): UpdateParts {
  const { structs, ds } = decode(update);
  const added: Range[] = [];
  const needed: Range[] = [];
  for (const struct of structs) {
    const { client, clock } = struct.id;
    // One without a length is found by nobody who looks for it.
    if (struct.length < 1) {
      throw poisoned("it has an item without content");
    }
    if (!(struct instanceof Y.Skip)) {
      added.push(rangeOf(client, clock, struct.length));
    }
    if (struct instanceof Y.Item) {
      needed.push(...neededBy(struct));
      assertContent(struct.content);
    }
  }
  for (const [client, deletions] of ds.clients) {
    needed.push(...deletions.map(({ clock, len }) => rangeOf(client, clock, len)));
  }
  return { added, needed };
}

/** Depth of an item in its document. */
export function assertDepth(item: Y.Item): void {
  let parent = parentOf(item);
  for (let depth = 0; parent !== null; depth += 1) {
    if (depth > MAX_DEPTH) {
      throw poisoned(`it nests deeper than ${MAX_DEPTH} levels`);
    }
    parent = parentOf(parent);
  }
}

export function poisoned(why: string): Refusal {
  return new Refusal("poisoned", `an update was refused: ${why}`);
}

/**
 * This reader, unlike the one that applies updates, makes no room for as many items as an update claims to have: it
 * fails where they end.
 */
function decode(update: Uint8Array): ReturnType<typeof Y.decodeUpdate> {
  try {
    return Y.decodeUpdate(update);
  } catch {
    throw poisoned("it cannot be read");
  }
}

/** What an item refers to, which has to be older where it is of the same client. */
function neededBy({ id, origin, rightOrigin, parent }: Y.Item): Range[] {
  return [origin, rightOrigin, parent].flatMap((reference) => {
    if (!(reference instanceof Y.ID)) {
      return [];
    }
    if (reference.client === id.client && reference.clock >= id.clock) {
      throw poisoned("it has an item that refers to itself or to a later one");
    }
    return [rangeOf(reference.client, reference.clock, 1)];
  });
}

function rangeOf(client: number, start: number, length: number): Range {
  const end = start + length;
  if (end > MAX_CLOCK) {
    throw poisoned(`it counts beyond ${MAX_CLOCK}`);
  }
  return { client, start, end };
}

function assertContent(content: Y.Item["content"]): void {
  if (content instanceof Y.ContentDoc) {
    throw poisoned("it has a document within the document");
  }
  const isAtom =
    content instanceof Y.ContentAny ||
    content instanceof Y.ContentJSON ||
    content instanceof Y.ContentEmbed ||
    content instanceof Y.ContentFormat;
  if (isAtom && isDeeperThan(MAX_DEPTH, valuesOf(content))) {
    throw poisoned(`it has a value deeper than ${MAX_DEPTH} levels`);
  }
}

function valuesOf(
  content: Y.ContentAny | Y.ContentJSON | Y.ContentEmbed | Y.ContentFormat,
): unknown {
  return content instanceof Y.ContentFormat ? content.value : content.getContent();
}

/** Whether a value has more levels than `depth`. */
export function isDeeperThan(depth: number, value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    (depth === 0 || Object.values(value).some((each) => isDeeperThan(depth - 1, each)))
  );
}

function parentOf({ parent }: Y.Item): Y.Item | null {
  return parent instanceof Y.AbstractType ? parent._item : null;
}
