import { CATALOGUE } from "../contract/catalogue.ts";
import { addApi } from "../common/http/api.ts";
import { AppServer } from "../common/server/appServer.ts";
import { limitCreations } from "../common/http/creationRate.ts";
import type { Database } from "../common/database/database.ts";
import { refuseAmbiguousKeys } from "../common/http/keyRefusal.ts";
import { addPage } from "../common/server/servedPage.ts";
import { ServerContext, type ServerOptions } from "../common/server/serverContext.ts";
import { addStickyCookie } from "../common/server/stickyCookie.ts";
import { Tables } from "../common/database/tables.ts";
import { deleteExpiredKeys } from "./idempotency.ts";
import { createCompanyMetrics } from "./metrics.ts";
import { MIGRATIONS, type CompanyTables } from "./migrations.ts";
import { addOpenApi } from "./openapi.ts";
import { CompanyRegistry } from "./registry.ts";
import { addCompanyRoutes } from "./routes.ts";

/** How often each replica deletes expired idempotency keys, in milliseconds. */
const DELETE_KEYS_MS = 10 * 60 * 1000;

export interface CompanyServerOptions extends ServerOptions {
  /** Closed with the server. */
  database: Database<CompanyTables>;
  /** Most creations a second from an address, with a burst of ten seconds' worth. */
  maxCreationsPerSecond: number;
}

/** A registry of companies with unique business numbers, and a page to create and list them. */
export function createCompanyServer({ database, ...options }: CompanyServerOptions): AppServer {
  const context = new ServerContext(options);
  const { db } = database;
  const tables = new Tables(database, MIGRATIONS);
  const metrics = createCompanyMetrics(context.registry);
  const limit = limitCreations(options.maxCreationsPerSecond);
  const deletion = setInterval(() => {
    deleteExpiredKeys(db).catch((error: unknown) =>
      options.log.warn({ reason: String(error) }, "cannot delete expired idempotency keys"),
    );
  }, DELETE_KEYS_MS).unref();
  return new AppServer({
    context,
    prepare: () => tables.create(),
    addRoutes: async (scope) => {
      addApi(scope, context);
      refuseAmbiguousKeys(scope, CATALOGUE.company.routing.keyRoutes);
      await addOpenApi(scope);
      await addStickyCookie(scope, CATALOGUE.company.routing.cookie, context);
      await addPage(scope, "company");
      await scope.register((companies, _options, done) => {
        companies.addHook("onRequest", (_request, reply, next) => {
          reply.header("Cache-Control", "no-store");
          tables.assertCreated();
          next();
        });
        addCompanyRoutes(companies, new CompanyRegistry(db), metrics, limit);
        done();
      });
    },
    close: async () => {
      clearInterval(deletion);
      await database.close();
    },
  });
}
