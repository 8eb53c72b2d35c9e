import { randomUUID } from "node:crypto";
import { Hocuspocus } from "@hocuspocus/server";
import { pino } from "pino";
import { Registry } from "prom-client";
import { Database, DATABASE_RULES } from "../../../app/common/database/database.ts";
import { parseSettings } from "../../../app/contract/settings.ts";
import { VersionStore } from "../../../app/document/storage/versionStore.ts";
import { DocumentRepository } from "../../../app/document/storage/documentRepository.ts";
import { createDocumentMetrics } from "../../../app/document/metrics.ts";
import { MIGRATIONS, type DocumentTables } from "../../../app/document/storage/migrations.ts";
import { Renewer } from "../../../app/document/room/renewer.ts";
import { RoomRegistry } from "../../../app/document/room/roomRegistry.ts";
import { textSchema } from "../../../app/document/page/textSchema.ts";
import { DocumentSchema } from "../../../app/document/validation/documentSchema.ts";
import {
  UpdateStore,
  type NewUpdate,
  type NumberedUpdate,
  type StoredDocument,
} from "../../../app/document/storage/updateStore.ts";
import { Scheduler } from "../../../app/document/content/scheduler.ts";
import { JobQueue } from "../../../app/document/worker/jobQueue.ts";
import { UpdateWriter } from "../../../app/document/storage/updateWriter.ts";
import { LIMITS } from "../../drivers/documentServer.ts";
import { queryRows } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** A store in which something may happen at the worst time. */
export class SlowStore extends UpdateStore {
  /** Between the time that a document is read and the time that it is there. */
  meanwhile: () => Promise<void> = () => Promise.resolve();
  beforeReadAfter: () => Promise<void> = () => Promise.resolve();
  beforeSave: () => Promise<void> = () => Promise.resolve();

  override async read(id: string): Promise<StoredDocument | undefined> {
    const stored = await super.read(id);
    await this.meanwhile();
    return stored;
  }

  override async readAfter(id: string, number: number): Promise<NumberedUpdate[]> {
    await this.beforeReadAfter();
    return super.readAfter(id, number);
  }

  override async save(batch: readonly NewUpdate[]): Promise<(number | undefined)[]> {
    await this.beforeSave();
    return super.save(batch);
  }
}

/** A replica without its server, which gets no notifications of what others save. */
export interface RoomsOfReplica {
  rooms: RoomRegistry;
  store: SlowStore;
  library: DocumentRepository;
  renewer: Renewer;
  writer: UpdateWriter;
}

const running = new Set<() => Promise<void>>();

/** Starts a replica's rooms over a database. */
export async function startRooms(databaseUrl: string): Promise<RoomsOfReplica> {
  const log = pino({ level: "silent" });
  const settings = { DATABASE_URL: databaseUrl, DATABASE_TLS: "off" };
  const database = new Database<DocumentTables>(parseSettings(DATABASE_RULES, settings), log);
  await database.migrate(MIGRATIONS);
  const { db } = database;
  const replicaId = randomUUID();
  const store = new SlowStore(db, replicaId);
  const library = new DocumentRepository(db, replicaId);
  const metrics = createDocumentMetrics(new Registry(), {
    documents: () => 0,
    connections: () => 0,
  });
  const schema = textSchema();
  const workshop = new JobQueue({ schema, maxBytes: LIMITS.maxDocumentBytes }, metrics, log);
  const renewer = new Renewer(store, workshop, metrics, log);
  const writer = new UpdateWriter(store, metrics, log, LIMITS);
  const rooms = new RoomRegistry({
    hocuspocus: new Hocuspocus({ quiet: true }),
    scheduler: new Scheduler(),
    schema: new DocumentSchema(schema),
    jobs: workshop,
    renewer,
    store,
    writer,
    versions: new VersionStore(db),
    documents: library,
    metrics,
    log,
    limits: LIMITS,
  });
  running.add(async () => {
    [...rooms.all()].forEach(({ id }) => rooms.release(id));
    await rooms.closed();
    await workshop.close();
    await database.close();
  });
  return { rooms, store, library, renewer, writer };
}

/** Renews a document as soon as no replica has it open. */
export async function renewUnused(url: string, renewer: Renewer, id: string): Promise<void> {
  await waitFor(
    "nobody has it open",
    async () => (await queryRows(url, "select from document_room")).length === 0,
  );
  await renewer.renew(id, Infinity);
}

/** Ends what a test has started. */
export async function stopRooms(): Promise<void> {
  await Promise.all([...running].map((stop) => stop()));
  running.clear();
}
