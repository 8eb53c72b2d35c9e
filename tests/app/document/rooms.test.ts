import { equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Hocuspocus } from "@hocuspocus/server";
import { pino } from "pino";
import { Registry } from "prom-client";
import * as Y from "yjs";
import { Database, DATABASE_RULES } from "../../../app/common/database.ts";
import { parseSettings } from "../../../app/common/settings.ts";
import { Archive } from "../../../app/document/archive.ts";
import { DocumentLibrary } from "../../../app/document/library.ts";
import { createDocumentMetrics } from "../../../app/document/metrics.ts";
import { MIGRATIONS, type DocumentTables } from "../../../app/document/migrations.ts";
import { Renewer } from "../../../app/document/worker/renewer.ts";
import { Rooms } from "../../../app/document/rooms.ts";
import { textSchema } from "../../../app/document/page/textSchema.ts";
import { Shape } from "../../../app/document/intake/shape.ts";
import { DocumentStore, type StoredDocument } from "../../../app/document/store.ts";
import { Turns } from "../../../app/document/content/turns.ts";
import { Workshop } from "../../../app/document/worker/workshop.ts";
import { UpdateWriter } from "../../../app/document/writer.ts";
import { LIMITS } from "../../drivers/documentServer.ts";
import { usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** Something may happen between the time that is read and the time that it is there. */
class SlowStore extends DocumentStore {
  meanwhile: () => Promise<void> = () => Promise.resolve();

  override async read(id: string): Promise<StoredDocument | undefined> {
    const stored = await super.read(id);
    await this.meanwhile();
    return stored;
  }
}

describe("a document in memory", () => {
  const postgres = usePostgres();
  let database: Database<DocumentTables> | undefined;

  afterEach(() => database?.close());

  const start = async () => {
    const log = pino({ level: "silent" });
    const settings = { DATABASE_URL: await postgres.newDatabase(), DATABASE_TLS: "off" };
    database = new Database<DocumentTables>(parseSettings(DATABASE_RULES, settings), log);
    await database.migrate(MIGRATIONS);
    const { db } = database;
    const replicaId = randomUUID();
    const store = new SlowStore(db, replicaId);
    const library = new DocumentLibrary(db, replicaId);
    const metrics = createDocumentMetrics(new Registry(), {
      documents: () => 0,
      connections: () => 0,
    });
    const schema = textSchema();
    const data = { schema, maxBytes: LIMITS.maxDocumentBytes };
    const workshop = new Workshop(data, metrics, log);
    const rooms = new Rooms({
      hocuspocus: new Hocuspocus({ quiet: true }),
      turns: new Turns(),
      shape: new Shape(schema),
      workshop,
      renewer: new Renewer(store, workshop, metrics, log),
      store,
      writer: new UpdateWriter(store, metrics, log, LIMITS),
      archive: new Archive(db),
      library,
      metrics,
      log,
      limits: LIMITS,
    });
    return { rooms, store, library, other: new DocumentStore(db, randomUUID()) };
  };

  it("gets what another replica saves and tells of while it is read", async () => {
    const { rooms, store, library, other } = await start();
    const { id } = await library.create("");
    const doc = new Y.Doc();
    doc.getMap("fields").set("author", "Ada");
    store.meanwhile = async () => {
      await other.save([{ documentId: id, update: Y.encodeStateAsUpdate(doc) }]);
      rooms.hear(id, 2);
    };
    const room = await rooms.enter(id);
    await waitFor("it is there", () => room?.content.doc.getMap("fields").get("author") === "Ada");
    rooms.leave(id);
    await rooms.closed();
    equal(rooms.get(id), undefined);
  });

  it("leaves alone the title that another replica has given it, and has not told of, when it is closed", async () => {
    const { rooms, library, other } = await start();
    const { id } = await library.create("Old");
    await rooms.enter(id);
    const doc = new Y.Doc();
    doc.getText("title").insert(0, "New");
    await other.save([{ documentId: id, update: Y.encodeStateAsUpdate(doc), title: "New" }]);
    rooms.leave(id);
    await rooms.closed();
    equal((await library.find(id))?.title, "New");
  });
});
