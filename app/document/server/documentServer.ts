import { CATALOGUE } from "../../contract/catalogue.ts";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Hocuspocus } from "@hocuspocus/server";
import { addApi } from "../../common/http/api.ts";
import { AppServer } from "../../common/server/appServer.ts";
import { limitCreations } from "../../common/http/creationRate.ts";
import type { Database } from "../../common/database/database.ts";
import { refuseAmbiguousKeys } from "../../common/http/keyRefusal.ts";
import { addPage } from "../../common/server/servedPage.ts";
import { ServerContext, type ServerOptions } from "../../common/server/serverContext.ts";
import { addStickyCookie } from "../../common/server/stickyCookie.ts";
import { Tables } from "../../common/database/tables.ts";
import { Archive } from "../storage/versionStore.ts";
import { Channel } from "../storage/notificationListener.ts";
import { Entrance } from "./upgradeHandler.ts";
import { DocumentLibrary } from "../storage/documentRepository.ts";
import type { DocumentLimits } from "../limits.ts";
import { createDocumentMetrics } from "../metrics.ts";
import { MIGRATIONS, type DocumentTables } from "../storage/migrations.ts";
import { Presence, PRESENCE_CHANNEL } from "../room/presence.ts";
import { Renewer } from "../room/renewer.ts";
import { Rooms } from "../room/roomRegistry.ts";
import { addDocumentRoutes, isForPage } from "./routes.ts";
import { Shape, type TextSchema } from "../validation/documentSchema.ts";
import { DocumentStore, UPDATE_CHANNEL } from "../storage/updateStore.ts";
import { Turns } from "../content/scheduler.ts";
import { Workshop } from "../worker/jobQueue.ts";
import { UpdateWriter } from "../storage/updateWriter.ts";

/** Time that it may take to open a document for the last time as it is, in milliseconds. */
const MAX_RENEWAL_MS = 60_000;

export interface DocumentServerOptions extends ServerOptions, DocumentLimits {
  /** Closed with the server. */
  database: Database<DocumentTables>;
  /** Creations of documents and versions a second from an address, and ten seconds' worth at once. */
  maxCreationsPerSecond: number;
}

/** Documents that many people edit at once, over WebSocket, and a page to do so. */
export function createDocumentServer({ database, ...options }: DocumentServerOptions): AppServer {
  const { log } = options;
  const { db } = database;
  const context = new ServerContext(options);
  const tables = new Tables(database, MIGRATIONS);
  // Of this start of the replica: another one with its name has nothing in memory that this one has.
  const replicaId = randomUUID();

  const metrics = createDocumentMetrics(context.registry, {
    documents: () => hocuspocus.getDocumentsCount(),
    connections: () => entrance.size,
  });
  const store = new DocumentStore(db, replicaId);
  const archive = new Archive(db);
  const library = new DocumentLibrary(db, replicaId);
  const writer = new UpdateWriter(store, metrics, log, options);
  const hocuspocus = createHocuspocus(options.replica);
  const schema = readTextSchema();
  const work = { schema, maxBytes: options.maxDocumentBytes };
  const workshop = new Workshop(work, metrics, log);
  const slowWorkshop = new Workshop(work, metrics, log, { maxJobMs: MAX_RENEWAL_MS });
  const services = {
    hocuspocus,
    store,
    writer,
    workshop,
    renewer: new Renewer(store, slowWorkshop, metrics, log),
    archive,
    library,
    metrics,
    log,
    turns: new Turns(),
    shape: new Shape(schema),
    limits: options,
  };
  const rooms = new Rooms(services, (room) => presence.watch(room));
  const presence = new Presence(db, replicaId, rooms, log);
  const entrance = new Entrance(context, tables, rooms, services);

  const ofOthers = (hear: (id: string, number: number) => void) => (words: readonly string[]) => {
    const [from, id = "", number] = words;
    if (from !== replicaId) {
      hear(id, Number(number));
    }
  };
  const channel = new Channel(
    database,
    {
      [UPDATE_CHANNEL]: ofOthers((id, number) => rooms.hear(id, number)),
      [PRESENCE_CHANNEL]: ofOthers((id) => presence.hear(id)),
    },
    async () => {
      presence.catchUp();
      await rooms.catchUp();
    },
    log,
  );
  const limit = limitCreations(options.maxCreationsPerSecond);
  return new AppServer({
    context,
    prepare: async () => {
      await tables.create();
      channel.start();
      presence.start();
    },
    addRoutes: async (scope) => {
      addApi(scope, context);
      refuseAmbiguousKeys(scope, CATALOGUE.document.routing.keyRoutes);
      await addStickyCookie(scope, CATALOGUE.document.routing.cookie, context.origins);
      await addPage(scope, "document");
      await scope.register((documents, _options, done) => {
        documents.addHook("onRequest", (request, reply, next) => {
          reply.header("Cache-Control", "no-store");
          if (!isForPage(request)) {
            tables.assertCreated();
          }
          next();
        });
        addDocumentRoutes(documents, { ...services, limitCreations: limit });
        done();
      });
    },
    handleUpgrade: (request, socket, head) => entrance.handle(request, socket, head),
    sessions: () => entrance.sessions(),
    close: async () => {
      await writer.idle();
      await Promise.all([rooms.closed(), presence.close(), channel.close()]);
      await Promise.all([workshop.close(), slowWorkshop.close()]);
      await database.close();
    },
  });
}

/** The schema of the text, as `build.ts` has taken it from the editor. */
function readTextSchema(): TextSchema {
  const file = new URL("../../dist/textSchema.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as TextSchema;
}

/** What speaks the protocol; what comes in was checked, and what is to last is saved, before it gets to know it. */
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
