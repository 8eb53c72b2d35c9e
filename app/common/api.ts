import type { FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { Counter, type Registry } from "prom-client";
import { addProblems, Problem } from "./problem.ts";

/** What the routes of every API have: checks by zod, problem documents, a count, and headers that browsers heed. */
export function addApi(scope: FastifyInstance, registry: Registry): void {
  const requests = new Counter({
    name: "http_requests_total",
    help: "HTTP requests that were answered",
    labelNames: ["method", "route", "status"],
    registers: [registry],
  });
  scope.setValidatorCompiler(validatorCompiler);
  scope.setSerializerCompiler(serializerCompiler);
  addProblems(scope);
  scope.addHook("onRequest", (_request, reply, done) => {
    reply.headers({ "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" });
    done();
  });
  scope.addHook("onResponse", ({ method, routeOptions }, { statusCode }, done) => {
    requests.inc({ method, route: routeOptions.url ?? "none", status: statusCode });
    done();
  });
}

/** Answers 405 to all methods but these. */
export function refuseOthers(app: FastifyInstance, url: string, allowed: readonly string[]): void {
  const refuse = (): never => {
    throw new Problem(405, {
      detail: `allowed are ${allowed.join(", ")}`,
      headers: { Allow: allowed.join(", ") },
    });
  };
  app.route({
    method: app.supportedMethods.filter((method) => !allowed.includes(method)),
    url,
    schema: { hide: true },
    // Before the body is read, whatever it is.
    onRequest: refuse,
    handler: refuse,
  });
}
