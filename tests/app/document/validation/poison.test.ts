import { deepEqual, equal } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { renewed } from "../../../../app/document/worker/renewal.ts";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, converge, openDocument } from "../../../drivers/documentEditor.ts";
import {
  bytes,
  endRaw,
  hello,
  mergeFrame,
  openRaw,
  refusalOf,
  updateFrame,
} from "../../../support/documentFrames.ts";
import {
  newDocument,
  saveUnchecked,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** An update with what one change made. */
function updateOf(change: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  change(doc);
  return Y.encodeStateAsUpdate(doc);
}

/** An update of one client, as its bytes. */
function crafted(
  structs: number,
  clock: number,
  write: (encoder: encoding.Encoder) => void,
  client = 7,
): Uint8Array {
  return bytes((encoder) => {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, structs);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    write(encoder);
    encoding.writeVarUint(encoder, 0);
  });
}

const good = updateOf((doc) => doc.getText("title").insert(0, "a good title"));

/** Text in the root type `title`, of as many characters as it says. */
function textItem(encoder: encoding.Encoder, text: string): void {
  encoding.writeUint8(encoder, 4);
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarString(encoder, "title");
  encoding.writeVarString(encoder, text);
}

/** Elements within elements, each the child of the one before. */
function nested(depth: number): Uint8Array {
  return updateOf((doc) => {
    doc.transact(() => {
      let parent: Y.XmlFragment = doc.getXmlFragment("body");
      for (let level = 0; level < depth; level++) {
        const child = new Y.XmlElement("blockquote");
        parent.insert(0, [child]);
        parent = child;
      }
    });
  });
}

/** Two items that wait for each other. */
const circle = bytes((encoder) => {
  encoding.writeVarUint(encoder, 2);
  for (const [client, other] of [
    [8, 7],
    [7, 8],
  ] as const) {
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, 0);
    encoding.writeUint8(encoder, 4 | 128);
    encoding.writeVarUint(encoder, other);
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarString(encoder, "x");
  }
  encoding.writeVarUint(encoder, 0);
});

/** What it is, and its bytes. */
const POISONS: [string, Uint8Array][] = [
  ["nothing at all", new Uint8Array()],
  ["random bytes", randomBytes(200)],
  ["an update that ends too early", good.slice(0, -3)],
  ["as many clients as there are numbers", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 7)],
  [
    "a list of items that would fill the memory",
    crafted(30_000_000, 0, (encoder) => textItem(encoder, "x")),
  ],
  ["an item without a character", crafted(1, 0, (encoder) => textItem(encoder, ""))],
  [
    "what a client has written that cannot be",
    crafted(1, 0, (encoder) => textItem(encoder, "x"), 2 ** 32),
  ],
  [
    "deletions of nothing",
    crafted(1, 0, (encoder) => {
      encoding.writeUint8(encoder, 0);
      encoding.writeVarUint(encoder, 0);
    }),
  ],
  [
    "more characters than can be counted",
    crafted(1, 0, (encoder) => {
      encoding.writeUint8(encoder, 0);
      encoding.writeVarUint(encoder, Number.MAX_SAFE_INTEGER);
    }),
  ],
  [
    "deletions beyond what can be counted",
    bytes((encoder) => {
      [0, 1, 7, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER].forEach((each) =>
        encoding.writeVarUint(encoder, each),
      );
    }),
  ],
  [
    "an item that follows itself",
    crafted(1, 0, (encoder) => {
      encoding.writeUint8(encoder, 4 | 128);
      encoding.writeVarUint(encoder, 7);
      encoding.writeVarUint(encoder, 0);
      encoding.writeVarString(encoder, "x");
    }),
  ],
  ["items that wait for each other", circle],
  [
    "a document within the document",
    updateOf((doc) => doc.getMap("fields").set("author", new Y.Doc())),
  ],
  [
    "a value of too many levels",
    updateOf((doc) => {
      let value: unknown = 1;
      for (let level = 0; level < 500; level++) {
        value = [value];
      }
      doc.getMap("fields").set("author", value);
    }),
  ],
  ["elements of too many levels", nested(5000)],
  [
    "elements of too many levels that are deleted at once",
    bytes((encoder) => {
      const update = nested(8000);
      const [client = 0] = Y.parseUpdateMeta(update).to.keys();
      encoding.writeUint8Array(encoder, update.slice(0, -1));
      [1, client, 1, 0, 1].forEach((each) => encoding.writeVarUint(encoder, each));
    }),
  ],
];

describe("a harmful update", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  it("is rejected with 4007, affects nobody else and is not saved", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const id = await newDocument(origin);
    const others = await Promise.all([openDocument(id, origin), openDocument(id, origin)]);
    const [writer, reader] = others;
    for (const [what, update] of POISONS) {
      for (const wrap of [updateFrame, mergeFrame]) {
        const closed = await refusalOf(origin, id, [hello(id), wrap(id, update)]);
        deepEqual([what, closed?.code], [what, 4007]);
      }
      writer.write(what);
      await converge(others);
    }
    deepEqual(reader.paragraphs.toSorted(), POISONS.map(([what]) => what).sort());
    deepEqual(reader.closed, []);
    equal(await metric(origin, 'document_refused_total{reason="poisoned"}'), 2 * POISONS.length);
    const rows = await queryRows(database, "select from document_update");
    equal(rows.length, 1 + POISONS.length);
  });

  it("is not confused with a change to a harmful one that was saved before it was rejected", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const id = await newDocument(origin);
    const old = crafted(1, 0, (encoder) => textItem(encoder, "abc"), 2 ** 33);
    await saveUnchecked(database, id, old);
    const ada = await openDocument(id, origin);
    const title = ada.doc.getText("title");
    title.delete(0, 1);
    title.insert(1, "x");
    await ada.saved();
    deepEqual(ada.closed, []);
    const fresh = await startDocumentServer(database);
    const { doc } = await openDocument(id, fresh.origin);
    equal(doc.getText("title").toJSON(), "bxc");
    const again = renewed(doc, new DocumentSchema(textSchema()));
    Y.applyUpdate(doc, again.state);
    equal(doc.getText("title").toJSON(), "bxc");
  });

  it("is rejected if it takes the place of an item that somebody else has yet to write", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase(), {
      maxSaveSeconds: 1,
    });
    const id = await newDocument(origin);
    const victim = await openDocument(id, origin);
    victim.write("first");
    await victim.saved();
    const { clientID } = victim.doc;
    const clock = Y.getState(victim.doc.store, clientID);
    // It follows a later character of the victim, which is to be the one that is refused.
    const trap = crafted(
      1,
      clock + 5,
      (encoder) => {
        encoding.writeUint8(encoder, 4 | 128);
        encoding.writeVarUint(encoder, clientID);
        encoding.writeVarUint(encoder, clock + 6);
        encoding.writeVarString(encoder, "x");
      },
      clientID,
    );
    equal((await refusalOf(origin, id, [hello(id), updateFrame(id, trap)]))?.code, 4007);
    // This one follows what the victim never writes.
    const early = crafted(1, clock + 5000, (encoder) => textItem(encoder, "x"), clientID);
    const patient = await openRaw(origin, id);
    patient.socket.send(hello(id));
    patient.socket.send(updateFrame(id, early));
    for (let word = 0; word < 20; word++) {
      victim.write(`word ${word}`);
      await victim.saved();
    }
    deepEqual(victim.closed, []);
    await waitFor("it has waited in vain", () => patient.closed !== undefined);
    equal(patient.closed?.code, 4014);
    equal((await openDocument(id, origin)).paragraphs.length, 21);
  });

  it("is not confused with one that arrives just before the updates that it depends on", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on("update", (update) => updates.push(update));
    ["a", "b", "c"].forEach((letter, index) => doc.getText("title").insert(index, letter));
    const raw = await openRaw(origin, id);
    raw.socket.send(hello(id));
    updates.toReversed().forEach((update) => raw.socket.send(updateFrame(id, update)));
    const reader = await openDocument(id, origin);
    await waitFor("all is there", () => reader.doc.getText("title").toJSON() === "abc");
    equal(raw.closed, undefined);
  });
});
