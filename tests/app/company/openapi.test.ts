import { deepEqual, equal, match, ok } from "node:assert/strict";
import { z } from "zod";
import {
  ask,
  startCompanyServer,
  stopCompanyServers,
  type Answer,
} from "../../drivers/companyServer.ts";
import { startRelay, usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

interface Operation {
  operationId: string;
  parameters?: { in: string; name: string; required: boolean; schema: JsonSchema }[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema }> };
  responses: Record<
    string,
    {
      description: string;
      headers: Record<string, { schema: JsonSchema }>;
      content: Record<string, { schema: JsonSchema }>;
    }
  >;
}

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

const JSON_TYPE = { "Content-Type": "application/json" };
const COMPANY = '{"legalName":"Muster GmbH","businessNumber":"HRB 1"}';
const OTHER = '{"legalName":"Other","businessNumber":"HRB 2"}';

const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { ...JSON_TYPE, ...headers },
  body,
});

/** Requests that produce every documented response, in this order. */
const REQUESTS: readonly [operation: string, status: number, path: string, RequestInit?][] = [
  ["createCompany", 201, "/companies", post(COMPANY, { "Idempotency-Key": "k" })],
  ["createCompany", 201, "/companies", post(COMPANY, { "Idempotency-Key": "k" })],
  ["createCompany", 201, "/companies", post(OTHER)],
  ["createCompany", 400, "/companies", post("{")],
  ["createCompany", 400, "/companies", post(COMPANY, { "Idempotency-Key": "a b" })],
  ["createCompany", 409, "/companies", post(COMPANY)],
  ["createCompany", 413, "/companies", post(`"${"x".repeat(20_000)}"`)],
  ["createCompany", 415, "/companies", post(COMPANY, { "Content-Type": "text/plain" })],
  ["createCompany", 422, "/companies", post("{}")],
  ["createCompany", 422, "/companies", post(OTHER, { "Idempotency-Key": "k" })],
  ["findCompany", 200, "/companies/hrb-1"],
  ["findCompany", 404, "/companies/hrb-3"],
  ["findCompany", 422, "/companies/_"],
  ["listCompanies", 200, "/companies?limit=1"],
  ["listCompanies", 200, "/companies"],
  ["listCompanies", 422, "/companies?limit=0"],
];

/** Requests that are answered 503 without PostgreSQL. */
const WITHOUT_POSTGRES: typeof REQUESTS = [
  ["createCompany", 503, "/companies", post(COMPANY)],
  ["findCompany", 503, "/companies/hrb-1"],
  ["listCompanies", 503, "/companies"],
];

/** Response headers that belong to the API. */
const HEADERS = ["Location", "Link", "Retry-After", "Idempotent-Replayed"];

describe("OpenAPI document", () => {
  const postgres = usePostgres();

  afterEach(stopCompanyServers);

  const documentOf = async (origin: string): Promise<OpenApi> =>
    (await ask(`${origin}/openapi.json`)).body as OpenApi;

  it("describes every operation with all its statuses", async () => {
    const { origin } = await startCompanyServer(await postgres.newDatabase());
    const { openapi, paths, components } = await documentOf(origin);
    equal(openapi, "3.1.0");
    const statuses = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, responses }]) => [
        `${method} ${path} ${operationId}`,
        Object.keys(responses).sort(),
      ]),
    );
    deepEqual(Object.fromEntries(statuses), {
      "post /companies createCompany": [
        ...["201", "400", "409", "413", "415", "422", "429", "503"],
        "default",
      ],
      "get /companies listCompanies": ["200", "422", "503", "default"],
      "get /companies/{businessNumber} findCompany": ["200", "404", "422", "503", "default"],
    });
    deepEqual(Object.keys(components.schemas).sort(), [
      "Company",
      "CompanyExists",
      "CompanyPage",
      "Problem",
    ]);
  });

  it("describes parameters and bodies as they are validated", async () => {
    const { origin } = await startCompanyServer(await postgres.newDatabase());
    const { paths } = await documentOf(origin);
    const parameters = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap((operation) => operation.parameters ?? [])
      .map((each) => [each.in, each.name, each.required]);
    deepEqual(parameters, [
      ["header", "idempotency-key", false],
      ["query", "after", false],
      ["query", "limit", false],
      ["path", "businessNumber", true],
    ]);
    const { requestBody } = paths["/companies"]?.post ?? {};
    equal(requestBody?.required, true);
    const body = z.fromJSONSchema(requestBody.content["application/json"]?.schema ?? {});
    equal(body.safeParse(JSON.parse(COMPANY)).success, true);
    equal(body.safeParse({ legalName: "A", businessNumber: "_" }).success, false);
    equal(body.safeParse({ businessNumber: "HRB 1" }).success, false);
  });

  it("matches the responses, status by status", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin } = await startCompanyServer(relay.url);
    const document = await documentOf(origin);
    const seen: string[] = [];
    const check = async (requests: typeof REQUESTS): Promise<void> => {
      for (const [operation, status, path, init] of requests) {
        const answer = await ask(origin + path, init);
        equal(answer.status, status, `${operation} ${path}`);
        assertConforms(document, operation, answer);
        seen.push(`${operation} ${status}`);
      }
    };
    await check(REQUESTS);
    const limited = await startCompanyServer(relay.url, { maxCreationsPerSecond: 1 });
    await waitFor("there are too many", async () => {
      const answer = await ask(`${limited.origin}/companies`, post(COMPANY));
      assertConforms(document, "createCompany", answer);
      seen.push(`createCompany ${answer.status}`);
      return answer.status === 429;
    });
    await relay.close();
    await check(WITHOUT_POSTGRES);
    const documented = Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId, responses }) =>
        Object.keys(responses).map((status) => `${operationId} ${status}`),
      )
      .filter((each) => !each.endsWith(" default"));
    deepEqual([...new Set(seen)].sort(), documented.sort());
  });
});

/** Checks that a response has the media type, the schema and only the headers of the document. */
function assertConforms(document: OpenApi, operation: string, answer: Answer): void {
  const { responses } =
    Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .find(({ operationId }) => operationId === operation) ?? {};
  const documented = responses?.[answer.status];
  ok(documented, `${operation} has no ${answer.status}`);
  match(documented.description, /\w/);
  const [type = ""] = (answer.headers.get("Content-Type") ?? "").split(";");
  const schema = documented.content[type]?.schema;
  ok(schema, `${operation} ${answer.status} has no ${type}`);
  const $defs = document.components.schemas;
  const whole = JSON.stringify({ ...(schema as object), $defs });
  const local = JSON.parse(whole.replaceAll("#/components/schemas/", "#/$defs/")) as JsonSchema;
  const result = z.fromJSONSchema(local).safeParse(answer.body);
  equal(result.success, true, `${operation} ${answer.status}: ${result.error?.message}`);
  const others = HEADERS.filter((name) => answer.headers.has(name) && !documented.headers[name]);
  deepEqual(others, []);
}
