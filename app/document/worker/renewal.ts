import * as Y from "yjs";
import { Integration } from "../content/integration.ts";
import { titleOf } from "../library.ts";
import type { Shape } from "../intake/shape.ts";
import { emptyDoc, structsOf } from "../content/sharedDoc.ts";
import { UpdateReader, type Struct } from "../intake/updateReader.ts";

export interface Renewal {
  state: Uint8Array;
  structs: number;
}

/**
 * The state of a document anew: with what people see of it, and nothing of how it came about, which makes it slow to
 * open. It is also an update: whoever has the document, or a part of it, has the same with it as everybody else.
 */
export function renewed(doc: Y.Doc, shape: Shape): Renewal {
  const fresh = copyOf(doc, shape);
  const gaps = [...doc.store.clients.keys()].map(
    (client): Struct => new Y.GC(Y.createID(client, 0), Y.getState(doc.store, client)),
  );
  const reader = new UpdateReader(Y.encodeStateAsUpdate(fresh), false);
  const whole = emptyDoc();
  // What its clients have written is gone, as if it had been deleted with what it was in.
  new Integration(whole, {
    structs: () => [...gaps, ...reader.structs()],
    deletions: () => [],
  }).advance();
  return { state: Y.encodeStateAsUpdate(whole), structs: structsOf(whole) };
}

function copyOf(doc: Y.Doc, shape: Shape): Y.Doc {
  doc.transact((transaction) => shape.unfitIn(doc).forEach((item) => item.delete(transaction)));
  const copy = emptyDoc();
  // Of two values of a field Yjs takes that of the higher client.
  copy.clientID = 1 + [...doc.store.clients.keys()].reduce((one, other) => Math.max(one, other), 0);
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
