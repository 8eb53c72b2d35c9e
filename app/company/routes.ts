import type { FastifyInstance, onRequestHookHandler } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { sentenceOf } from "../contract/fault.ts";
import { rejectOtherMethods } from "../common/http/api.ts";
import { Problem } from "../common/http/problem.ts";
import type { CompanyMetrics } from "./metrics.ts";
import { answer, problem } from "./openapi.ts";
import type { Company, CompanyRegistry, Creation } from "./registry.ts";
import * as schemas from "./schemas.ts";

const PATH = "/companies";

/** Largest body of a request, in bytes; smaller than the limit of the key router, which has to read whole bodies. */
const BODY_LIMIT = 16 * 1024;

const UNAVAILABLE = problem("The database is temporarily unavailable", {
  "Retry-After": "Seconds to wait before repeating the same request",
});

/** Responses that every route may send. */
const ALWAYS = { 503: UNAVAILABLE, default: problem("Any other problem") };

/** Adds the routes of the registry. */
export function addCompanyRoutes(
  app: FastifyInstance,
  registry: CompanyRegistry,
  metrics: CompanyMetrics,
  limitCreations: onRequestHookHandler,
): void {
  addCreation(app, registry, metrics, limitCreations);
  addFinding(app, registry);
  addList(app, registry);
  rejectOtherMethods(app, PATH, ["GET", "HEAD", "POST"]);
  rejectOtherMethods(app, `${PATH}/:businessNumber`, ["GET", "HEAD"]);
}

function addCreation(
  app: FastifyInstance,
  registry: CompanyRegistry,
  metrics: CompanyMetrics,
  limitCreations: onRequestHookHandler,
): void {
  const schema = {
    operationId: "createCompany",
    summary: "Creates a company",
    headers: schemas.creationHeaders,
    body: schemas.newCompany,
    response: {
      ...ALWAYS,
      201: answer(
        "The company was created, by this request or an earlier attempt",
        schemas.company,
        {
          Location: "URL of the company",
          "Idempotent-Replayed": "true if an earlier attempt created the company",
        },
      ),
      400: problem(
        "The body is not JSON in UTF-8, its business number is ambiguous, or the idempotency key is malformed",
      ),
      409: problem(
        "A company with this business number exists",
        { Link: "URL of that company, with rel=related" },
        schemas.companyExists,
      ),
      413: problem("The body is too large"),
      415: problem("The body is not application/json in UTF-8"),
      422: problem("A value is invalid, or the idempotency key belongs to a different request"),
      429: problem("Too many creations from this address", {
        "Retry-After": "Seconds to wait before repeating the same request",
      }),
    },
  };
  const options = { schema, bodyLimit: BODY_LIMIT, onRequest: limitCreations };
  app.withTypeProvider<ZodTypeProvider>().post(PATH, options, async ({ body, headers }, reply) => {
    const creation = await registry.create(body, headers["idempotency-key"]);
    metrics.creations[creation.outcome].inc();
    const company = createdOf(creation, body.businessNumber);
    if (creation.outcome === "replayed") {
      reply.header("Idempotent-Replayed", "true");
    }
    return reply.code(201).header("Location", urlOf(company)).send(shown(company));
  });
}

function addFinding(app: FastifyInstance, registry: CompanyRegistry): void {
  const schema = {
    operationId: "findCompany",
    summary: "Finds a company by its business number, in any spelling",
    params: schemas.companyPath,
    response: {
      ...ALWAYS,
      200: answer("The company", schemas.company),
      404: problem("No company has this business number"),
      422: problem("This is not a business number"),
    },
  };
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(`${PATH}/:businessNumber`, { schema }, async ({ params: { businessNumber } }) => {
      const company = await registry.find(businessNumber);
      if (company === undefined) {
        const detail = `no company has the business number ${businessNumber}`;
        throw new Problem(404, { kind: "no-company", title: "There is no such company", detail });
      }
      return shown(company);
    });
}

function addList(app: FastifyInstance, registry: CompanyRegistry): void {
  const schema = {
    operationId: "listCompanies",
    summary: "Lists companies in the order of their business numbers",
    querystring: schemas.pageQuery,
    response: {
      ...ALWAYS,
      200: answer("A page of companies", schemas.companyPage, {
        Link: "URL of the next page, with rel=next; absent on the last page",
      }),
      422: problem("A parameter of the query is invalid"),
    },
  };
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(PATH, { schema }, async ({ query: { after = "", limit } }, reply) => {
      // One more than the page holds shows whether there is a next page.
      const found = await registry.list(after, limit + 1);
      const companies = found.slice(0, limit);
      const last = found.length > limit ? companies.at(-1) : undefined;
      const next = last ? `${PATH}?after=${last.businessNumber}&limit=${limit}` : null;
      if (next !== null) {
        reply.header("Link", `<${next}>; rel="next"`);
      }
      return { companies: companies.map(shown), next };
    });
}

/** The company that the request created, now or in an earlier attempt. */
function createdOf(creation: Creation, businessNumber: string): Company {
  switch (creation.outcome) {
    case "created":
    case "replayed":
      return creation.company;
    case "keyReused":
      throw new Problem(422, {
        kind: "idempotency-key-reused",
        title: "The idempotency key belongs to a different request",
        detail: sentenceOf({
          name: "Idempotency-Key",
          problem: "belongs to a different request",
          mustBe: "unique to a request",
          fix: "generate a new one",
        }),
      });
    case "refusedEarly":
    case "constraintViolation": {
      const company = urlOf({ businessNumber });
      throw new Problem(409, {
        kind: "company-exists",
        title: "The company exists",
        detail: `a company with the business number ${businessNumber} already exists; see ${company}`,
        members: { company },
        headers: { Link: `<${company}>; rel="related"` },
      });
    }
  }
}

function urlOf({ businessNumber }: { businessNumber: string }): string {
  return `${PATH}/${businessNumber}`;
}

/** A company as the API sends it. */
function shown(company: Company): { [Name in keyof Company]: string } {
  return { ...company, createdAt: company.createdAt.toISOString() };
}
