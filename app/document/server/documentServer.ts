import { CATALOGUE } from "../../contract/catalogue.ts";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Hocuspocus } from "@hocuspocus/server";
import { addApi } from "../../common/http/api.ts";
import { AppServer } from "../../common/server/appServer.ts";
import { limitCreations } from "../../common/http/creationRate.ts";
import type { Database } from "../../common/database/database.ts";
import { refuseAmbiguousKeys } from "../../common/http/keyRefusal.ts";
import { inDist } from "../../common/server/dist.ts";
import { addPage } from "../../common/server/servedPage.ts";
import { ServerContext, type ServerOptions } from "../../common/server/serverContext.ts";
import { addStickyCookie } from "../../common/server/stickyCookie.ts";
import { Tables } from "../../common/database/tables.ts";
import { VersionStore } from "../storage/versionStore.ts";
import { NotificationListener } from "../storage/notificationListener.ts";
import { UpgradeHandler } from "./upgradeHandler.ts";
import { DocumentRepository } from "../storage/documentRepository.ts";
import type { DocumentLimits } from "../limits.ts";
import { createDocumentMetrics } from "../metrics.ts";
import { MIGRATIONS, type DocumentTables } from "../storage/migrations.ts";
import { Presence, PRESENCE_CHANNEL } from "../room/presence.ts";
import { Renewer } from "../room/renewer.ts";
import { RoomRegistry } from "../room/roomRegistry.ts";
import { addDocumentRoutes, isForPage } from "./routes.ts";
import { DocumentSchema, type TextSchema } from "../validation/documentSchema.ts";
import { UpdateStore, UPDATE_CHANNEL } from "../storage/updateStore.ts";
import { Scheduler } from "../content/scheduler.ts";
import { JobQueue } from "../worker/jobQueue.ts";
import { UpdateWriter } from "../storage/updateWriter.ts";

/** Time limit for a renewal, in milliseconds. */
const MAX_RENEWAL_MS = 60_000;

export interface DocumentServerOptions extends ServerOptions, DocumentLimits {
  /** Closed with the server. */
  database: Database<DocumentTables>;
  /** Creations of documents and versions per second and address, with a burst of ten seconds' worth. */
  maxCreationsPerSecond: number;
}

/** Creates the server of documents that many people edit at once over WebSocket, and of the page for that. */
export function createDocumentServer({ database, ...options }: DocumentServerOptions): AppServer {
  const { log } = options;
  const { db } = database;
  const context = new ServerContext(options);
  const tables = new Tables(database, MIGRATIONS);
  // New with each start: a restarted replica has the same name, but nothing in memory.
  const replicaId = randomUUID();

  const metrics = createDocumentMetrics(context.registry, {
    documents: () => hocuspocus.getDocumentsCount(),
    connections: () => upgrades.size,
  });
  const store = new UpdateStore(db, replicaId);
  const versions = new VersionStore(db);
  const documents = new DocumentRepository(db, replicaId);
  const writer = new UpdateWriter(store, metrics, log, options);
  const hocuspocus = createHocuspocus(options.replica);
  const textSchema = readTextSchema();
  const work = { schema: textSchema, maxBytes: options.maxDocumentBytes };
  const jobs = new JobQueue(work, metrics, log);
  const slowJobs = new JobQueue(work, metrics, log, { maxJobMs: MAX_RENEWAL_MS });
  const services = {
    hocuspocus,
    store,
    writer,
    jobs,
    renewer: new Renewer(store, slowJobs, metrics, log),
    versions,
    documents,
    metrics,
    log,
    scheduler: new Scheduler(),
    schema: new DocumentSchema(textSchema),
    limits: options,
  };
  const rooms = new RoomRegistry(services, (room) => presence.watch(room));
  const presence = new Presence(db, replicaId, rooms, log);
  const upgrades = new UpgradeHandler(context, tables, rooms, services);

  /** Handles the notifications of other replicas. */
  const fromOthers =
    (handle: (id: string, number: number) => void) =>
    ([from, id = "", number]: readonly string[]) => {
      if (from !== replicaId) {
        handle(id, Number(number));
      }
    };
  const listener = new NotificationListener(
    database,
    {
      [UPDATE_CHANNEL]: fromOthers((id, number) => rooms.catchUpTo(id, number)),
      [PRESENCE_CHANNEL]: fromOthers((id) => presence.scheduleRead(id)),
    },
    async () => {
      presence.scheduleReadAll();
      await rooms.catchUp();
    },
    log,
  );
  const limit = limitCreations(options.maxCreationsPerSecond);
  return new AppServer({
    context,
    prepare: async () => {
      await tables.create();
      listener.start();
      presence.start();
    },
    addRoutes: async (scope) => {
      addApi(scope, context);
      refuseAmbiguousKeys(scope, CATALOGUE.document.routing.keyRoutes);
      await addStickyCookie(scope, CATALOGUE.document.routing.cookie, context);
      await addPage(scope, "document");
      await scope.register((routes, _options, done) => {
        routes.addHook("onRequest", (request, reply, next) => {
          reply.header("Cache-Control", "no-store");
          if (!isForPage(request)) {
            tables.assertCreated();
          }
          next();
        });
        addDocumentRoutes(routes, { ...services, limitCreations: limit });
        done();
      });
    },
    handleUpgrade: (request, socket, head) => upgrades.handle(request, socket, head),
    sessions: () => upgrades.sessions(),
    close: async () => {
      await writer.idle();
      await Promise.all([rooms.closed(), presence.close(), listener.close()]);
      await Promise.all([jobs.close(), slowJobs.close()]);
      await database.close();
    },
  });
}

/** The schema of the text, which `build.ts` has derived from the editor. */
function readTextSchema(): TextSchema {
  return JSON.parse(readFileSync(inDist("textSchema.json"), "utf8")) as TextSchema;
}

/** Creates the server of the protocol, which sees only messages that were checked, and updates that were saved. */
function createHocuspocus(replica: string): Hocuspocus {
  return new Hocuspocus({
    quiet: true,
    maxPendingDocuments: 1,
    connected: ({ connection }) => {
      connection.sendStateless(JSON.stringify({ type: "replica", name: replica }));
      return Promise.resolve();
    },
  });
}
