import { CATALOGUE } from "../contract/catalogue.ts";
import { addApi } from "../common/http/api.ts";
import { AppServer, type AppServerOptions } from "../common/server/appServer.ts";
import { limitCreations } from "../common/http/creationRate.ts";
import type { Database } from "../common/database/database.ts";
import { refuseAmbiguousKeys } from "../common/http/keyRefusal.ts";
import { addPage } from "../common/server/servedPage.ts";
import { addStickyCookie } from "../common/server/stickyCookie.ts";
import { prepareTables } from "../common/database/tables.ts";
import { deleteExpiredKeys } from "./idempotency.ts";
import { createCompanyMetrics } from "./metrics.ts";
import { MIGRATIONS, type CompanyTables } from "./migrations.ts";
import { addOpenApi } from "./openapi.ts";
import { CompanyRegistry } from "./registry.ts";
import { addCompanyRoutes } from "./routes.ts";

/** How often each replica looks for idempotency keys whose time is over, in milliseconds. */
const DELETE_KEYS_MS = 10 * 60 * 1000;

export interface CompanyServerOptions extends AppServerOptions {
  /** Closed with the server. */
  database: Database<CompanyTables>;
  /** Creations a second from an address, and ten seconds' worth at once. */
  maxCreationsPerSecond: number;
}

/** A registry of companies, of which each business number has one, and a page to create and to list them. */
export function createCompanyServer({ database, ...options }: CompanyServerOptions): AppServer {
  const app = new AppServer(options);
  const { db } = database;
  const assertTables = prepareTables(app, database, MIGRATIONS);
  const deletion = setInterval(() => {
    deleteExpiredKeys(db).catch((error: unknown) =>
      options.log.warn({ reason: String(error) }, "expired idempotency keys are kept for now"),
    );
  }, DELETE_KEYS_MS).unref();
  app.fastify.addHook("onClose", async () => {
    clearInterval(deletion);
    await database.close();
  });

  const metrics = createCompanyMetrics(app.registry);
  void app.fastify.register(async (scope) => {
    addApi(scope, app);
    refuseAmbiguousKeys(scope, CATALOGUE.company.routing.keyRoutes);
    await addOpenApi(scope);
    await addStickyCookie(scope, CATALOGUE.company.routing.cookie, app.origins);
    await addPage(scope, "company");
    void scope.register((companies, _options, done) => {
      companies.addHook("onRequest", (_request, reply, next) => {
        reply.header("Cache-Control", "no-store");
        assertTables();
        next();
      });
      const limit = limitCreations(options.maxCreationsPerSecond);
      addCompanyRoutes(companies, new CompanyRegistry(db), metrics, limit);
      done();
    });
  });
  return app;
}
