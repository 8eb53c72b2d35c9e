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
