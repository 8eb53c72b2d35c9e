import * as Y from "yjs";

/** Any shared type of Yjs. */
export type SharedType = Y.ContentType["type"];

/** A document without content, with its root types. */
export function emptyDoc(): Y.Doc {
  const doc = new Y.Doc();
  doc.getText("title");
  doc.getMap("fields");
  doc.getMap("comments");
  doc.getXmlFragment("body");
  return doc;
}

/** Number of a document's items and gaps. */
export function structsOf({ store }: Y.Doc): number {
  let count = 0;
  store.clients.forEach(({ length }) => (count += length));
  return count;
}

/** Whether two ids are in one item, and the right one is not after the left one. */
export function areReversed(store: Y.Doc["store"], left: Y.ID, right: Y.ID): boolean {
  const isBefore = left.client === right.client && right.clock <= left.clock;
  // A gap has no order.
  const item = isBefore ? Y.getItem(store, left) : undefined;
  return item instanceof Y.Item && item === Y.getItem(store, right);
}
