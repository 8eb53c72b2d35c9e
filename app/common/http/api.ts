import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { Counter, type Registry } from "prom-client";
import { sentenceOf } from "../../contract/fault.ts";
import { keepBody } from "./keyRefusal.ts";
import { forbiddenDetail, type Origins } from "./origins.ts";
import { addProblems, mediaTypeProblem, Problem } from "./problem.ts";
import { BODY_ENCODING, hasOtherCharset, isDecodable, QUERY_ENCODING, queryOf } from "./text.ts";

/** Methods that change nothing, so they need no defence against cross-site requests. */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** Adds what every API needs: checks of origin and encoding, validation by zod, problem documents and a count. */
export function addApi(
  scope: FastifyInstance,
  { registry, origins }: { registry: Registry; origins: Origins },
): void {
  const requests = new Counter({
    name: "http_requests_total",
    help: "HTTP requests that were answered",
    labelNames: ["method", "route", "status"],
    registers: [registry],
  });
  scope.setValidatorCompiler(validatorCompiler);
  scope.setSerializerCompiler(serializerCompiler);
  addProblems(scope);
  addJson(scope);
  scope.addHook("onRequest", ({ method, raw }, _reply, done) => {
    if (!SAFE_METHODS.includes(method) && origins.isForbidden(raw)) {
      throw new Problem(403, { detail: forbiddenDetail(raw) });
    }
    if (!isDecodable(queryOf(raw.url))) {
      throw new Problem(400, { detail: QUERY_ENCODING });
    }
    done();
  });
  scope.addHook("onResponse", ({ method, routeOptions }, { statusCode }, done) => {
    requests.inc({ method, route: routeOptions.url ?? "none", status: statusCode });
    done();
  });
}

/** Accepts only JSON in UTF-8 as a body, and keeps its bytes. */
function addJson(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser("error", "error");
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    (request, body, done) => {
      keepBody(request, body);
      if (hasOtherCharset(request.headers["content-type"])) {
        done(mediaTypeProblem(request));
      } else if (!isUtf8(body)) {
        done(new Problem(400, { detail: BODY_ENCODING }));
      } else {
        void parse(request, body.toString(), done);
      }
    },
  );
}

/** Answers 405 to all other methods. */
export function rejectOtherMethods(
  app: FastifyInstance,
  url: string,
  allowed: readonly string[],
): void {
  const refuse = ({ method }: FastifyRequest): never => {
    throw new Problem(405, {
      detail: sentenceOf({
        name: "the method",
        problem: `is ${method}`,
        mustBe: allowed.join(" or "),
      }),
      headers: { Allow: allowed.join(", ") },
    });
  };
  app.route({
    method: app.supportedMethods.filter((method) => !allowed.includes(method)),
    url,
    schema: { hide: true },
    // Rejects before the body is read, so no error of the body takes precedence.
    onRequest: refuse,
    handler: refuse,
  });
}
