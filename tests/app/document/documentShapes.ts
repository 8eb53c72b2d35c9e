import * as Y from "yjs";

type SharedType = Y.ContentType["type"];
type Content = Y.Item["content"];

/** What an item may have, of every kind that Yjs knows. */
export const CONTENTS: Readonly<Record<string, () => object>> = {
  text: () => new Y.ContentString("x"),
  value: () => new Y.ContentAny(["x"]),
  "a number": () => new Y.ContentAny([1]),
  "yes or no": () => new Y.ContentAny([true]),
  nothing: () => new Y.ContentAny([null]),
  "an object": () => new Y.ContentAny([{ href: "x" }]),
  "two values": () => new Y.ContentAny(["x", "y"]),
  bytes: () => new Y.ContentBinary(Uint8Array.of(1, 2, 3)),
  JSON: () => new Y.ContentJSON(["x"]),
  "an embed": () => new Y.ContentEmbed({ image: "x" }),
  bold: () => new Y.ContentFormat("bold", {}),
  "the end of bold": () => new Y.ContentFormat("bold", null as unknown as object),
  "bold with an attribute": () => new Y.ContentFormat("bold", { x: 1 }),
  "bold that is true": () => new Y.ContentFormat("bold", true),
  "bold twice": () => new Y.ContentFormat("bold--AAAAAAAA", {}),
  "a comment": () => new Y.ContentFormat("comment--AAAAAAAA", { id: "x" }),
  "a link": () => new Y.ContentFormat("link", { href: "https://example.com" }),
  "a link to an object": () => new Y.ContentFormat("link", { href: { x: 1 } }),
  "a mark that is unknown": () => new Y.ContentFormat("blink", {}),
  "an array": () => new Y.ContentType(new Y.Array()),
  "a map": () => new Y.ContentType(new Y.Map()),
  "a text": () => new Y.ContentType(new Y.Text()),
  "a fragment": () => new Y.ContentType(new Y.XmlFragment()),
  "a hook": () => new Y.ContentType(new Y.XmlHook("paragraph")),
  "a text of XML": () => new Y.ContentType(new Y.XmlText()),
  "a paragraph": () => new Y.ContentType(new Y.XmlElement("paragraph")),
  "a list item": () => new Y.ContentType(new Y.XmlElement("listItem")),
  "a line break": () => new Y.ContentType(new Y.XmlElement("hardBreak")),
  "an element that is unknown": () => new Y.ContentType(new Y.XmlElement("marquee")),
};

/** A type, and a key where it is not its list. */
export type Spot = readonly [type: SharedType, key: string | null];

/** A document with everything that a page makes. */
export function wholeDocument(): Y.Doc {
  const doc = new Y.Doc();
  const element = (name: string, ...children: (Y.XmlElement | Y.XmlText)[]): Y.XmlElement => {
    const made = new Y.XmlElement(name);
    made.insert(0, children);
    return made;
  };
  const heading = element("heading", new Y.XmlText("Head"));
  heading.setAttribute("level", 2 as unknown as string);
  doc.getText("title").insert(0, "Title");
  doc.getMap("fields").set("author", "Ada");
  doc.getMap("comments").set("one", new Y.Map([["text", "Why?"]]));
  doc
    .getXmlFragment("body")
    .insert(0, [
      element("paragraph", new Y.XmlText("still here")),
      heading,
      element("bulletList", element("listItem", element("paragraph", new Y.XmlText("item")))),
      element("codeBlock", new Y.XmlText("code")),
    ]);
  return doc;
}

/** Where an item may be put in such a document. */
export function spotsOf(doc: Y.Doc): Record<string, Spot> {
  const body = doc.getXmlFragment("body");
  const [paragraph, heading, list, code] = body.toArray() as Y.XmlElement[];
  const textOf = (element: Y.XmlElement | undefined): SharedType => element?.get(0) as Y.XmlText;
  const comment = doc.getMap("comments").get("one") as SharedType;
  return {
    title: [doc.getText("title"), null],
    "title, by a key": [doc.getText("title"), "x"],
    fields: [doc.getMap("fields"), null],
    author: [doc.getMap("fields"), "author"],
    "a field that is unknown": [doc.getMap("fields"), "x"],
    comments: [doc.getMap("comments"), null],
    "a new comment": [doc.getMap("comments"), "x"],
    comment: [comment, null],
    "comment, its author": [comment, "author"],
    "comment, resolved": [comment, "resolved"],
    "comment, by an unknown key": [comment, "x"],
    body: [body, null],
    "body, by a key": [body, "x"],
    paragraph: [paragraph as SharedType, null],
    "paragraph, by a key": [paragraph as SharedType, "x"],
    "heading, its level": [heading as SharedType, "level"],
    list: [list as SharedType, null],
    "list item": [list?.get(0) as SharedType, null],
    "text of a paragraph": [textOf(paragraph), null],
    "text of a paragraph, by a key": [textOf(paragraph), "x"],
    "code block": [code as SharedType, null],
    "code block, its language": [code as SharedType, "language"],
    "text of a code block": [textOf(code), null],
    "a type that is unknown": [doc.getArray("x"), null],
  };
}

/** What a page puts there, and no more. */
export const HONEST: Readonly<Record<string, readonly string[]>> = {
  title: ["text", "the end of bold"],
  author: ["value", "two values"],
  "a new comment": ["a map"],
  "comment, its author": ["value", "two values"],
  "comment, resolved": ["yes or no"],
  body: ["a paragraph"],
  paragraph: ["a text of XML", "a line break"],
  "heading, its level": ["a number"],
  list: ["a list item"],
  "list item": ["a paragraph"],
  "text of a paragraph": ["text", "bold", "the end of bold", "a comment", "a link"],
  "code block": ["a text of XML"],
  "code block, its language": ["value", "nothing", "two values"],
  "text of a code block": ["text", "the end of bold", "a comment"],
};

/** The update that puts a content at the end of a place of a document, whatever it is. */
export function putting(doc: Y.Doc, [type, key]: Spot, content: object): Uint8Array {
  const before = Y.encodeStateVector(doc);
  doc.transact((transaction) => {
    let left = key === null ? type._start : (type._map.get(key) ?? null);
    while (key === null && left?.right) {
      left = left.right;
    }
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID));
    const origin = left === null ? null : left.lastId;
    new Y.Item(id, left, origin, null, null, type, key, content as Content).integrate(
      transaction,
      0,
    );
  });
  return Y.encodeStateAsUpdate(doc, before);
}

/** Every content in every place of the document in a state, as an update. */
export function* allShapes(
  state: Uint8Array,
): Generator<[where: string, what: string, Uint8Array]> {
  const copy = (): Y.Doc => {
    const doc = new Y.Doc();
    ["title", "fields", "comments", "body"].forEach((name) => doc.get(name));
    doc.getText("title");
    doc.getMap("fields");
    doc.getMap("comments");
    doc.getXmlFragment("body");
    Y.applyUpdate(doc, state);
    return doc;
  };
  for (const where of Object.keys(spotsOf(copy()))) {
    for (const [what, content] of Object.entries(CONTENTS)) {
      const doc = copy();
      const spot = spotsOf(doc)[where];
      if (spot !== undefined) {
        yield [where, what, putting(doc, spot, content())];
      }
    }
  }
}
