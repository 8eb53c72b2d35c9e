import { deepEqual, equal } from "node:assert/strict";
import * as Y from "yjs";
import { closeEditors, Editor, openDocument } from "../../../drivers/documentEditor.ts";
import {
  newDocument,
  saveUnchecked,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { metric } from "../../../drivers/metrics.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";
import {
  confirmations,
  endRaw,
  hello,
  openRaw,
  refusalOf,
  updateFrame,
} from "../../../support/documentFrames.ts";
import { crowded } from "../documentAttacks.ts";
import { renewUnused, startRooms, stopRooms } from "../documentRooms.ts";

/** The client that wrote the document, and another one. */
const FIRST = 1;
const OTHER = 7;

/** Characters at one place that make a document nearly too slow to open. */
const NEARLY_TOO_MANY = 1000;

type Words = (count: number) => string;

/** What people do to a document as it was before. */
const OUTDATED: Readonly<Record<string, (doc: Y.Doc, text: string) => void>> = {
  "text within a paragraph": (doc, text) => textOf(doc).insert(1, text),
  "text at the end of a paragraph": (doc, text) => textOf(doc).insert(2, text),
  "a paragraph in front": (doc, text) => insertParagraph(doc, 0, text),
  "a paragraph between two": (doc, text) => insertParagraph(doc, 1, text),
  "a paragraph at the end": (doc, text) => insertParagraph(doc, 2, text),
  "text in an empty paragraph": (doc, text) =>
    (doc.getXmlFragment("body").get(1) as Y.XmlElement).insert(0, [new Y.XmlText(text)]),
  "text of the title": (doc, text) => doc.getText("title").insert(3, text),
  "a field": (doc, text) => doc.getMap("fields").set("author", text),
  "a word in a comment": (doc, text) =>
    (doc.getMap("comments").get("one") as Y.Map<unknown>).set("text", text),
};

function textOf(doc: Y.Doc): Y.XmlText {
  const [paragraph] = doc.getXmlFragment("body").toArray() as Y.XmlElement[];
  return paragraph?.get(0) as Y.XmlText;
}

function insertParagraph(doc: Y.Doc, index: number, text: string): void {
  const paragraph = new Y.XmlElement("paragraph");
  paragraph.insert(0, [new Y.XmlText(text)]);
  doc.getXmlFragment("body").insert(index, [paragraph]);
}

/** A document with what people write in one. */
function written(): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = FIRST;
  doc.getText("title").insert(0, "Old");
  doc.getMap("fields").set("author", "Ada");
  doc.getMap("comments").set("one", new Y.Map([["text", "Why?"]]));
  insertParagraph(doc, 0, "xx");
  doc.getXmlFragment("body").insert(1, [new Y.XmlElement("paragraph")]);
  return doc;
}

/** The update of what a client writes in a document. */
function writing(state: Uint8Array, client: number, write: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, state);
  doc.clientID = client;
  const vector = Y.encodeStateVector(doc);
  write(doc);
  return Y.encodeStateAsUpdate(doc, vector);
}

describe("an edit that was made before a document was renewed, and arrives afterwards", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
    await stopRooms();
  });

  /** Starts a server with a document that somebody has written. */
  const start = async () => {
    const url = await postgres.newDatabase();
    const { origin } = await startDocumentServer(url);
    const { renewer } = await startRooms(url);
    const id = await newDocument(origin);
    const state = Y.encodeStateAsUpdate(written());
    await saveUnchecked(url, id, state);
    const renew = (): Promise<void> => renewUnused(url, renewer, id);
    const open = (): Promise<Editor> => openDocument(id, origin);
    return { url, origin, id, state, renew, renewer, open };
  };

  const refusedAsOutdated = (editor: Editor): Promise<void> =>
    waitFor("it is refused", () => editor.closed.some(({ code }) => code === 4409));

  for (const [size, words] of Object.entries<Words>({
    "the fast check": (count) => "y".repeat(count),
    "a trial on a copy": (count) => "y".repeat(1000 * count),
  })) {
    it(`is rejected with 4409 by ${size}, whatever it contains and whoever made it`, async () => {
      const { origin, id, state, renew } = await start();
      await renew();
      for (const client of [FIRST, OTHER]) {
        for (const [what, write] of Object.entries(OUTDATED)) {
          const update = writing(state, client, (doc) => write(doc, words(5)));
          const { code } =
            (await refusalOf(origin, id, [hello(id), updateFrame(id, update)])) ?? {};
          deepEqual([what, code], [what, 4409]);
        }
      }
    });
  }

  it("is rejected, also together with content that was saved before", async () => {
    const { origin, id, renew } = await start();
    await renew();
    const doc = new Y.Doc();
    doc.clientID = FIRST;
    // One item, which begins before all that the client had written by then ends.
    doc.getText("title").insert(0, "Old and on ".repeat(10));
    const frames = [hello(id), updateFrame(id, Y.encodeStateAsUpdate(doc))];
    equal((await refusalOf(origin, id, frames))?.code, 4409);
  });

  it("stays on the screen of the editor that returns with it, and is not shown as saved", async () => {
    const { id, origin, renew, open } = await start();
    const bob = await open();
    await bob.disconnect();
    textOf(bob.doc).insert(1, " and ");
    const before = bob.content;
    await renew();
    bob.connect();
    await refusedAsOutdated(bob);
    bob.close();
    deepEqual(bob.content, before);
    equal(bob.isSaved, false);
    deepEqual((await openDocument(id, origin)).paragraphs, ["xx", ""]);
  });

  it("is rejected after a second renewal, whether it was made before the first or the second one", async () => {
    const { renew, open } = await start();
    const bob = await open();
    await bob.disconnect();
    await renew();
    const carol = await open();
    carol.write("again");
    await carol.saved();
    await carol.disconnect();
    await renew();
    for (const editor of [bob, carol]) {
      textOf(editor.doc).insert(1, "!");
      editor.connect();
      await refusedAsOutdated(editor);
    }
    const dave = await open();
    dave.write("and on");
    await dave.saved();
    deepEqual(dave.paragraphs, ["and on", "again", "xx", ""]);
  });

  it("is accepted if it only deletes, because the content is gone anyway", async () => {
    const { renew, open } = await start();
    const bob = await open();
    await bob.disconnect();
    textOf(bob.doc).delete(0, 1);
    await renew();
    bob.connect();
    await bob.saved();
    deepEqual(bob.paragraphs, ["xx", ""]);
  });

  it("is accepted if it does not refer to former content", async () => {
    const { id, origin, renew, open } = await start();
    await renew();
    const bob = new Editor(id, () => origin);
    bob.doc.getMap("fields").set("status", "new");
    await bob.saved();
    deepEqual(bob.closed, []);
    equal((await open()).doc.getMap("fields").get("status"), "new");
  });

  it("is accepted if it was made after the renewal of an empty document", async () => {
    const { url, id, renew, open } = await start();
    const doc = written();
    const vector = Y.encodeStateVector(doc);
    doc.getText("title").delete(0, 3);
    doc.getMap("fields").clear();
    doc.getMap("comments").clear();
    doc.getXmlFragment("body").delete(0, 2);
    await saveUnchecked(url, id, Y.encodeStateAsUpdate(doc, vector));
    await renew();
    const bob = await open();
    await bob.disconnect();
    bob.write("anew");
    bob.connect();
    await bob.saved();
    deepEqual((await open()).paragraphs, ["anew"]);
  });

  it("is accepted if an older version of the app has renewed the document", async () => {
    const { url, id, origin, renew, state } = await start();
    await renew();
    await queryRows(url, "update document_snapshot set past = null");
    const raw = await openRaw(origin, id);
    const update = writing(state, OTHER, (doc) => textOf(doc).insert(1, "y"));
    [hello(id), updateFrame(id, update)].forEach((each) => raw.socket.send(each));
    await waitFor("it is saved", () => confirmations(raw, id) === 1);
  });

  it("does not affect editors that had sent everything, or that join afterwards", async () => {
    const { renew, open } = await start();
    const bob = await open();
    await bob.disconnect();
    await renew();
    bob.connect();
    await bob.saved();
    const carol = await open();
    textOf(bob.doc).insert(1, "b");
    await waitFor("all have it", () => carol.paragraphs[0] === "xbx");
    textOf(carol.doc).insert(3, "c");
    await waitFor("all have it", () => bob.paragraphs[0] === "xbxc");
    // Typed into what somebody else deletes: that is gone as ever.
    await bob.disconnect();
    textOf(bob.doc).insert(1, "gone");
    carol.doc.getXmlFragment("body").delete(0, 1);
    await carol.saved();
    bob.connect();
    await bob.saved();
    deepEqual(bob.paragraphs, [""]);
    deepEqual(
      [...bob.closed, ...carol.closed].filter(({ code }) => code === 4409),
      [],
    );
  });

  it("is rejected on a replica that had the document open, which accepts nobody until everybody has left", async () => {
    const { url, id, origin, renewer, open } = await start();
    await saveUnchecked(url, id, crowded(NEARLY_TOO_MANY));
    const bob = await open();
    const slow = await openRaw(origin, id);
    slow.socket.send(hello(id));
    await waitFor("it is there", () => slow.received.length > 0);
    // It stays, as it does not read that it has to leave.
    slow.socket.pause();
    // As if the replica had sent no sign of life.
    await queryRows(url, "delete from document_room");
    await renewer.renew(id, Infinity);
    await waitFor("all have to leave", () => bob.closed.some(({ code }) => code === 4014));
    textOf(bob.doc).insert(1, "late");
    equal((await refusalOf(origin, id, []))?.code, 4014);
    slow.socket.resume();
    await refusedAsOutdated(bob);
    bob.close();
    deepEqual(bob.paragraphs, ["xlatex", ""]);
    deepEqual((await open()).paragraphs, ["xx", ""]);
    // What they have left was slow to open, and is not renewed a second time.
    equal(await metric(origin, 'document_jobs_total{job="renew"}'), undefined);
  });
});
