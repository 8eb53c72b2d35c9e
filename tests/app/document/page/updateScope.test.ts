import { equal } from "node:assert/strict";
import * as Y from "yjs";
import { changesWithin, type Place } from "../../../../app/document/page/updateScope.ts";

/** A document with a title and two paragraphs, the second of which is empty. */
function original(): Y.Doc {
  const doc = new Y.Doc();
  doc.getText("title").insert(0, "Title");
  const paragraphs = ["one two", ""].map((text) => {
    const paragraph = new Y.XmlElement("paragraph");
    paragraph.insert(0, text === "" ? [] : [new Y.XmlText(text)]);
    return paragraph;
  });
  doc.getXmlFragment("body").insert(0, paragraphs);
  return doc;
}

const title = (doc: Y.Doc): Y.Text => doc.getText("title");
const first = (doc: Y.Doc): Y.XmlElement => doc.getXmlFragment("body").get(0) as Y.XmlElement;
const second = (doc: Y.Doc): Y.XmlElement => doc.getXmlFragment("body").get(1) as Y.XmlElement;
const words = (doc: Y.Doc): Y.XmlText => first(doc).get(0) as Y.XmlText;

/** Whether what is done to a copy of a document changes a place of the document. */
function isInScope(
  place: (doc: Y.Doc) => Place,
  change: (doc: Y.Doc) => void,
  doc = original(),
): boolean {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  const updates: Uint8Array[] = [];
  copy.on("update", (update) => updates.push(update));
  change(copy);
  return updates.some((update) => changesWithin(update, place(doc), doc));
}

describe("the scope of an update", () => {
  const changes: Readonly<
    Record<string, [change: (doc: Y.Doc) => void, where: "title" | "first" | "second" | "none"]>
  > = {
    "text at the beginning of the title": [(doc) => title(doc).insert(0, "A"), "title"],
    "text at the end of the title": [(doc) => title(doc).insert(5, "A"), "title"],
    "a deletion in the title": [(doc) => title(doc).delete(1, 2), "title"],
    "a field": [(doc) => doc.getMap("fields").set("author", "Ada"), "none"],
    "text in a paragraph": [(doc) => words(doc).insert(3, "A"), "first"],
    "a deletion in a paragraph": [(doc) => words(doc).delete(3, 1), "first"],
    "bold words in a paragraph": [(doc) => words(doc).format(0, 3, { bold: {} }), "first"],
    "a second text in a paragraph": [(doc) => first(doc).push([new Y.XmlText("A")]), "first"],
    "the first text in a paragraph": [(doc) => second(doc).push([new Y.XmlText("A")]), "second"],
    "another kind of paragraph": [(doc) => first(doc).setAttribute("level", "1"), "first"],
    "the deletion of a paragraph": [(doc) => doc.getXmlFragment("body").delete(0, 1), "first"],
    "a new paragraph": [
      (doc) => doc.getXmlFragment("body").insert(1, [new Y.XmlElement("paragraph")]),
      "none",
    ],
  };

  for (const [what, [change, where]] of Object.entries(changes)) {
    it(`contains the changed part: ${what}`, () => {
      equal(isInScope(title, change), where === "title");
      equal(isInScope(first, change), where === "first");
      equal(isInScope(second, change), where === "second");
    });
  }

  it("contains a part whose former content has been garbage-collected", () => {
    const doc = original();
    title(doc).delete(0, 5);
    equal(
      isInScope(title, (copy) => title(copy).insert(0, "A"), doc),
      true,
    );
    equal(
      isInScope(first, (copy) => title(copy).insert(0, "A"), doc),
      false,
    );
    equal(
      isInScope(title, (copy) => title(copy).insert(0, "A"), new Y.Doc()),
      true,
    );
  });

  it("does not contain a part that depends on missing content until that content arrives", () => {
    const doc = original();
    const ahead = new Y.Doc();
    Y.applyUpdate(ahead, Y.encodeStateAsUpdate(doc));
    words(ahead).insert(7, " three");
    const later = Y.encodeStateVector(ahead);
    words(ahead).insert(13, " four");
    const update = Y.encodeStateAsUpdate(ahead, later);
    equal(changesWithin(update, first(doc), doc), false);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(ahead));
    equal(changesWithin(update, first(doc), doc), true);
  });
});
