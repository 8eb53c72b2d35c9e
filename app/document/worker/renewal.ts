import * as Y from "yjs";
import { Integration } from "../content/integration.ts";
import { heirOf } from "../content/past.ts";
import { titleOf } from "../content/title.ts";
import type { DocumentSchema } from "../validation/documentSchema.ts";
import { emptyDoc, structsOf } from "../content/sharedDoc.ts";
import { UpdateReader, type Struct } from "../content/updateReader.ts";

export interface Renewal {
  state: Uint8Array;
  structs: number;
  /** State vector of the old state: later inserts beside its items are lost. */
  past: Uint8Array;
}

/**
 * Writes the visible content of a document again, without its history, which makes it slow to open. The new state is also
 * an update: everybody who has the document, or a part of it, gets the same content by applying it.
 */
export function renewed(doc: Y.Doc, schema: DocumentSchema): Renewal {
  const past = Y.encodeStateVector(doc);
  const fresh = copyOf(doc, schema);
  const gaps = [...doc.store.clients.keys()].map(
    (client): Struct => new Y.GC(Y.createID(client, 0), Y.getState(doc.store, client)),
  );
  const reader = new UpdateReader(Y.encodeStateAsUpdate(fresh), false);
  const whole = emptyDoc();
  // Everything that the old clients have written becomes gaps, as if it had been deleted with its parent.
  new Integration(whole, {
    structs: () => [...gaps, ...reader.structs()],
    deletions: () => [],
  }).advance();
  return { state: Y.encodeStateAsUpdate(whole), structs: structsOf(whole), past };
}

function copyOf(doc: Y.Doc, schema: DocumentSchema): Y.Doc {
  doc.transact((transaction) =>
    schema.invalidItemsIn(doc).forEach((item) => item.delete(transaction)),
  );
  const copy = emptyDoc();
  copy.clientID = heirOf(doc.store.clients.keys());
  copy.transact(() => {
    titleOf(copy).insert(0, titleOf(doc).toJSON());
    copyEntries(doc.getMap("fields"), copy.getMap("fields"));
    copyEntries(doc.getMap("comments"), copy.getMap("comments"));
    const elements = doc.getXmlFragment("body").toArray() as Y.XmlElement[];
    copy.getXmlFragment("body").insert(
      0,
      elements.map((element) => element.clone()),
    );
  });
  return copy;
}

function copyEntries(from: Y.Map<unknown>, to: Y.Map<unknown>): void {
  from.forEach((value, key) => to.set(key, value instanceof Y.Map ? value.clone() : value));
}
