import { findRootTypeKey, GC, type Doc, type Item, type Transaction } from "yjs";
import { DocumentSchema } from "../validation/documentSchema.ts";
import type { SharedType } from "../content/sharedDoc.ts";
import type { SharedDocument } from "./sharedDocument.ts";
import { textSchema } from "./textSchema.ts";

const shape = new DocumentSchema(textSchema());

/** The name of the text in the document. */
const TEXT = "body";

/** Whether the page can show the text of a document; it ignores malformed content elsewhere. */
export function isShowable({ doc }: SharedDocument): boolean {
  return unfitIn(doc).length === 0;
}

/** Removes only what cannot be shown, as an edit. */
export function removeUnshowable({ doc }: SharedDocument): void {
  doc.transact((transaction) => unfitIn(doc).forEach((item) => item.delete(transaction)));
}

/** Whether a change adds something that cannot be shown. */
export function bringsUnshowable({ beforeState, afterState, doc }: Transaction): boolean {
  return [...afterState].some(([client, end]) => {
    const start = beforeState.get(client) ?? 0;
    const added = start < end ? (doc.store.clients.get(client) ?? []) : [];
    return added.some(
      (struct) => struct.id.clock >= start && !(struct instanceof GC) && !isFit(struct),
    );
  });
}

function unfitIn(doc: Doc): Item[] {
  return shape.invalidItemsIn(doc, [TEXT]);
}

function isFit({ deleted, parent, parentSub, content }: Item): boolean {
  // The parent of an item is a type once the item is in the document.
  const type = parent as SharedType;
  const place = shape.schemaOf(type);
  const isFitting = place !== undefined && shape.accepts(place, parentSub, content);
  return deleted || isFitting || rootOf(type) !== TEXT;
}

function rootOf(type: SharedType): string {
  let root = type;
  while (root._item !== null) {
    root = root._item.parent as SharedType;
  }
  return findRootTypeKey(root);
}
