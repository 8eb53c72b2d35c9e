import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { AppServer, type AppServerOptions } from "../common/appServer.ts";
import type { Database } from "../common/database.ts";
import { addProblems, UnavailableError } from "../common/problem.ts";
import { STICKY_COOKIE } from "./affinity.ts";
import { deleteExpiredKeys } from "./idempotency.ts";
import { createCompanyMetrics } from "./metrics.ts";
import { MIGRATIONS, type CompanyTables } from "./migrations.ts";
import { addOpenApi } from "./openapi.ts";
import { CompanyRegistry } from "./registry.ts";
import { addCompanyRoutes } from "./routes.ts";
import { addStickyCookie } from "./stickyCookie.ts";

/** The page and its script, made by `build.ts`. */
const DIST = fileURLToPath(new URL("../dist/company", import.meta.url));

/** The page loads nothing from elsewhere and is shown in no frame. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** How often each replica looks for idempotency keys whose time is over, in milliseconds. */
const DELETE_KEYS_MS = 10 * 60 * 1000;

export interface CompanyServerOptions extends AppServerOptions {
  /** Closed with the server. */
  database: Database<CompanyTables>;
}

/** A registry of companies, of which each business number has one, and a page to create and to list them. */
export function createCompanyServer({ database, ...options }: CompanyServerOptions): AppServer {
  const app = new AppServer(options);
  const { db } = database;
  let hasTables = false;
  app.prepare = async () => {
    await database.migrate(MIGRATIONS);
    hasTables = true;
  };
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
    scope.setValidatorCompiler(validatorCompiler);
    scope.setSerializerCompiler(serializerCompiler);
    addProblems(scope);
    scope.addHook("onRequest", (_request, reply, done) => {
      reply.headers({ "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" });
      done();
    });
    scope.addHook("onResponse", ({ method, routeOptions }, { statusCode }, done) => {
      metrics.requests.inc({ method, route: routeOptions.url ?? "none", status: statusCode });
      done();
    });
    await addOpenApi(scope);
    await addStickyCookie(scope, STICKY_COOKIE);
    addPage(scope);
    void scope.register((companies, _options, done) => {
      companies.addHook("onRequest", (_request, reply, next) => {
        reply.header("Cache-Control", "no-store");
        next(hasTables ? undefined : new UnavailableError("the tables are not there yet"));
      });
      addCompanyRoutes(companies, new CompanyRegistry(db), metrics);
      done();
    });
  });
  return app;
}

function addPage(scope: FastifyInstance): void {
  void scope.register(fastifyStatic, {
    root: DIST,
    cacheControl: false,
    setHeaders: (reply) => {
      // With its cookie it is for one browser only.
      void reply.headers({
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": PAGE_POLICY,
      });
    },
  });
}
