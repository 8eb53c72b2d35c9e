import * as Y from "yjs";

/** A type that people share, of whatever kind. */
export type SharedType = Y.ContentType["type"];

/** A document without content, with the types that its page knows. */
export function emptyDoc(): Y.Doc {
  const doc = new Y.Doc();
  doc.getText("title");
  doc.getMap("fields");
  doc.getMap("comments");
  doc.getXmlFragment("body");
  return doc;
}

/** Items and gaps of a document. */
export function structsOf({ store }: Y.Doc): number {
  let count = 0;
  store.clients.forEach(({ length }) => (count += length));
  return count;
}

/** Whether one item has both of two places, the right one not after the left one. */
export function areReversed(store: Y.Doc["store"], left: Y.ID, right: Y.ID): boolean {
  const isBefore = left.client === right.client && right.clock <= left.clock;
  // What is gone is one, in whatever order it was.
  const item = isBefore ? Y.getItem(store, left) : undefined;
  return item instanceof Y.Item && item === Y.getItem(store, right);
}
