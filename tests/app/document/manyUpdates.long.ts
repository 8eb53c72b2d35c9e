import { equal, ok } from "node:assert/strict";
import { closeEditors, openDocument } from "../../drivers/documentEditor.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../drivers/documentServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { queryRows, usePostgres } from "../../drivers/postgres.ts";
import { endRaw } from "../../support/documentFrames.ts";
import { LETTER_LIMITS, writeLetters } from "./letters.ts";

/** Most updates that an opened document is made of. */
const MOST_READ = 3000;

describe("a document of 100,000 updates", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  it("opens from a snapshot and few of them", async function () {
    this.timeout(240_000);
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database, LETTER_LIMITS);
    const id = await newDocument(origin);
    const text = await writeLetters(origin, id, 100_000);
    await stopDocumentServers();
    const fresh = await startDocumentServer(database, LETTER_LIMITS);
    const editor = await openDocument(id, fresh.origin);
    equal(editor.doc.getText("title").toJSON(), text);
    const read = (await metric(fresh.origin, "document_updates_read_total")) ?? Infinity;
    ok(read < MOST_READ, `${read} updates were read`);
    const { length } = await queryRows(database, "select from document_version");
    ok(length <= 50, `${length} versions are kept`);
  });
});
