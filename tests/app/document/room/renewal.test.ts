import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import * as Y from "yjs";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { renewed } from "../../../../app/document/worker/renewal.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { emptyDoc, structsOf } from "../../../../app/document/content/sharedDoc.ts";
import { base, crowded } from "../documentAttacks.ts";
import {
  closeEditors,
  contentOf,
  converge,
  openDocument,
} from "../../../drivers/documentEditor.ts";
import {
  confirmations,
  endRaw,
  hello,
  openRaw,
  updateFrame,
} from "../../../support/documentFrames.ts";
import {
  newDocument,
  saveUnchecked,
  startDocumentServer,
  startReplicas,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { metric } from "../../../drivers/metrics.ts";
import { EDITS, HonestEditor } from "../honestEditor.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** Characters at one place that make a document too slow to open; and some that only nearly do. */
const TOO_MANY = 2400;
const NEARLY_TOO_MANY = 1000;

const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const deed = fc.record({ edit: fc.constantFrom(...EDITS), where: part, extent: part });

function docOf(...updates: Uint8Array[]): Y.Doc {
  const doc = emptyDoc();
  updates.forEach((update) => Y.applyUpdate(doc, update));
  return doc;
}

const seen = (doc: Y.Doc): unknown => [contentOf(doc), doc.getMap("comments").toJSON()];

describe("a document that is renewed", () => {
  it("has the same visible content for everybody who has a part of it, and only gaps in place of its past", () => {
    const shape = new DocumentSchema(textSchema());
    fc.assert(
      fc.property(fc.array(deed, { minLength: 20, maxLength: 60 }), (deeds) => {
        const editor = new HonestEditor();
        const { doc } = editor.shared;
        deeds.slice(0, deeds.length / 2).forEach((each) => editor.do(each));
        const part = Y.encodeStateAsUpdate(doc);
        deeds.slice(deeds.length / 2).forEach((each) => editor.do(each));
        const whole = Y.encodeStateAsUpdate(doc);
        const { state, structs } = renewed(docOf(whole), shape);
        const fresh = docOf(state);
        deepEqual(seen(fresh), seen(doc));
        equal(structsOf(fresh), structs);
        for (const have of [[whole], [part], [part, whole]]) {
          deepEqual(seen(docOf(...have, state)), seen(doc));
          deepEqual(seen(docOf(state, ...have)), seen(doc));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a document that is slow to open", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  const renewals = (origin: string): Promise<number | undefined> =>
    metric(origin, "document_renewals_total");

  /** How many parts it is saved in, and of how many bytes. */
  const savedAs = async (database: string): Promise<{ updates: number; snapshots: number }> => {
    const [row] = await queryRows<{ updates: number; snapshots: number }>(
      database,
      `select (select count(*)::int from document_update) as updates,
        (select count(*)::int from document_snapshot) as snapshots`,
    );
    return row ?? { updates: 0, snapshots: 0 };
  };

  /** Puts so many characters at one place of a document, as its only editor, who leaves then. */
  const crowd = async (origin: string, id: string, count: number): Promise<void> => {
    const raw = await openRaw(origin, id);
    const frames = [hello(id), updateFrame(id, base()), updateFrame(id, crowded(count))];
    frames.forEach((each) => raw.socket.send(each));
    await waitFor("it is saved", () => confirmations(raw, id) === 2);
    raw.socket.close();
  };

  it("is renewed before it is opened if it is too slow, and then opens fast", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const id = await newDocument(origin, "Old");
    await saveUnchecked(database, id, base());
    await saveUnchecked(database, id, crowded(TOO_MANY));
    const [ada, bob] = await Promise.all([openDocument(id, origin), openDocument(id, origin)]);
    equal(ada.doc.getText("title").toJSON(), "Old");
    equal(ada.paragraphs[0]?.length, 2 + TOO_MANY);
    equal(await renewals(origin), 1);
    deepEqual(await savedAs(database), { updates: 0, snapshots: 1 });
    ada.write("and on");
    await converge([ada, bob]);
    const later = await startDocumentServer(database);
    const carol = await openDocument(id, later.origin);
    deepEqual(carol.paragraphs, ada.paragraphs);
    equal(await renewals(later.origin), 0);
  });

  it("is renewed when everybody has left it if it is nearly too slow", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const id = await newDocument(origin);
    await crowd(origin, id, NEARLY_TOO_MANY);
    await waitFor("it is renewed", async () => (await renewals(origin)) === 1);
    equal((await openDocument(id, origin)).paragraphs[0]?.length, 2 + NEARLY_TOO_MANY);
    deepEqual(await savedAs(database), { updates: 0, snapshots: 1 });
  });

  it("is not renewed while somebody has it open on another replica", async () => {
    const database = await postgres.newDatabase();
    const [one, two] = (await startReplicas(2, database)).map(({ origin }) => origin);
    const id = await newDocument(one ?? "");
    const ada = await openDocument(id, two ?? "");
    ada.introduce("Ada");
    await waitFor(
      "all know that she is there",
      async () => (await queryRows(database, "select from document_presence")).length === 1,
    );
    await crowd(one ?? "", id, NEARLY_TOO_MANY);
    await waitFor(
      "it is tried",
      async () => (await metric(one ?? "", 'document_jobs_total{job="renew"}')) === 1,
    );
    // Opening the document waits until that is over.
    await openDocument(id, one ?? "");
    equal(await renewals(one ?? ""), 0);
    await waitFor("she has it", () => ada.paragraphs[0]?.length === 2 + NEARLY_TOO_MANY);
    ok(ada.isSaved);
  });
});
