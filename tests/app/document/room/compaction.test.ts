import { deepEqual, equal, ok } from "node:assert/strict";
import * as Y from "yjs";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, converge, openDocument } from "../../../drivers/documentEditor.ts";
import { endRaw } from "../../../support/documentFrames.ts";
import { LETTER_LIMITS, writeLetters } from "../letters.ts";
import {
  newDocument,
  startDocumentServer,
  startReplicas,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { closeRelays, queryRows, startRelay, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** Updates that each add a letter to a document's title. */
function lettersOf(count: number): Buffer[] {
  const doc = new Y.Doc();
  const updates: Buffer[] = [];
  doc.on("update", (update) => updates.push(Buffer.from(update)));
  for (let letter = 0; letter < count; letter++) {
    doc.getText("title").insert(letter, "x");
  }
  return updates;
}

/** Adds updates to the only document, as replicas have done that are gone. */
async function insertUpdates(database: string, id: string, updates: Buffer[]): Promise<void> {
  await queryRows(
    database,
    `with added as (
      insert into document_update
      select $1, place + 1, update, $1
      from unnest($2::bytea[]) with ordinality as each (update, place)
    ) update document set last_update = $3`,
    [id, updates, updates.length + 1],
  );
}

interface Rows {
  updates: number;
  first: number | null;
  snapshot: number | null;
}

describe("a document of many updates", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    await closeRelays();
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  /** What PostgreSQL has of the only document. */
  const rowsOf = async (database: string): Promise<Rows> => {
    const [rows] = await queryRows<Rows>(
      database,
      `select (select count(*)::int from document_update) as updates,
        (select min(number)::int from document_update) as first,
        (select max(number)::int from document_snapshot) as snapshot`,
    );
    return rows ?? { updates: 0, first: null, snapshot: null };
  };

  it("is compacted by one replica, and opens from the snapshot and the updates after it", async () => {
    const database = await postgres.newDatabase();
    const [one, two] = (await startReplicas(2, database, LETTER_LIMITS)).map(
      ({ origin }) => origin,
    );
    const id = await newDocument(one ?? "");
    const reader = await openDocument(id, two ?? "");
    const text = await writeLetters(one ?? "", id, 1234);
    await waitFor("it is read elsewhere", () => reader.doc.getText("title").toJSON() === text);
    // The first update is the title that it was made with.
    await waitFor("it is compacted", async () => {
      const { updates, snapshot } = await rowsOf(database);
      return (snapshot ?? 0) >= 1000 && updates === 1235 - (snapshot ?? 0);
    });
    equal(await metric(two ?? "", "document_compactions_total"), 0);
    const { updates } = await rowsOf(database);
    const fresh = await startDocumentServer(database);
    const editor = await openDocument(id, fresh.origin);
    equal(editor.doc.getText("title").toJSON(), text);
    equal(await metric(fresh.origin, "document_updates_read_total"), updates);
  });

  it("is compacted when it is opened if the replica that had to do so has died", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const id = await newDocument(origin);
    await insertUpdates(database, id, lettersOf(2500));
    equal((await openDocument(id, origin)).doc.getText("title").length, 2500);
    await waitFor("it is compacted", async () => (await rowsOf(database)).updates === 0);
    equal((await rowsOf(database)).snapshot, 2501);
    const fresh = await startDocumentServer(database);
    const editor = await openDocument(id, fresh.origin);
    equal(editor.doc.getText("title").length, 2500);
    equal(await metric(fresh.origin, "document_updates_read_total"), 0);
  });

  it("is not compacted and gets no versions while one of its updates cannot be read", async () => {
    const database = await postgres.newDatabase();
    const { origin, log } = await startDocumentServer(database);
    const id = await newDocument(origin);
    const updates = lettersOf(1500);
    await insertUpdates(database, id, [...updates, Buffer.from("broken")]);
    const editor = await openDocument(id, origin);
    equal(editor.doc.getText("title").length, 1500);
    editor.write("more");
    await editor.saved();
    editor.close();
    await waitFor("it is left", async () => (await metric(origin, "documents_loaded")) === 0);
    deepEqual(await rowsOf(database), { updates: 1503, first: 1, snapshot: null });
    equal((await queryRows(database, "select from document_version")).length, 0);
    equal(log.filter((line) => line.includes("cannot apply an update")).length, 1);
  });

  it("is loaded from the snapshot by a replica whose connection hung during the compaction", async () => {
    const database = await postgres.newDatabase();
    const relay = await startRelay(database);
    const near = await startDocumentServer(database, LETTER_LIMITS);
    const far = await startDocumentServer(relay.url, { replica: "document-1", ...LETTER_LIMITS });
    const id = await newDocument(near.origin);
    const [writer, reader] = await Promise.all([
      openDocument(id, near.origin),
      openDocument(id, far.origin),
    ]);
    writer.write("before");
    await converge([writer, reader]);
    relay.hang();
    const text = await writeLetters(near.origin, id, 1200);
    await waitFor("it is compacted", async () => ((await rowsOf(database)).first ?? 0) > 1000);
    ok(reader.doc.getText("title").length < 1200);
    relay.heal();
    await converge([writer, reader]);
    equal(reader.doc.getText("title").toJSON(), text);
    reader.write("after");
    await converge([writer, reader]);
    equal(await metric(far.origin, "document_hops_total"), 1201);
  });
});
