import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  ask,
  create,
  startCompanyServer,
  stopCompanyServers,
  type Answer,
} from "../../drivers/companyServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { usePostgres } from "../../drivers/postgres.ts";

const NUMBER = {
  mustBe: "2 to 32 letters A to Z and digits, in any case, with spaces and hyphens anywhere",
  example: "HRB 123-45",
};
const NAME = {
  mustBe: "text of 1 to 200 characters in one line, some of them visible",
  example: "Muster Handels GmbH",
};
const TAB = `${NAME.mustBe}, without U+0009`;
const detailOfFault = (value: string, { mustBe, example }: typeof NAME): string =>
  `${value}; it must be ${mustBe} (for example ${example})`;

const JSON_TYPE = { "Content-Type": "application/json" };

/** A company that does not exist yet. */
const MUSTER = { legalName: "Muster GmbH", businessNumber: "hrb 123-45" };

const detailOf = ({ body }: Answer): string => (body as { detail: string }).detail;

const errorsOf = ({ body }: Answer): unknown => (body as { errors?: unknown }).errors;

describe("company registry", () => {
  const postgres = usePostgres();

  const start = async (): Promise<string> =>
    (await startCompanyServer(await postgres.newDatabase())).origin;

  afterEach(stopCompanyServers);

  describe("creation", () => {
    it("answers 201 with the company in canonical form and its URL", async () => {
      const origin = await start();
      const before = Date.now();
      const { status, headers, body } = await create(origin, { ...MUSTER, unknown: 1 });
      const { createdAt, ...rest } = body as { createdAt: string };
      equal(status, 201);
      equal(headers.get("Location"), "/companies/HRB12345");
      equal(headers.get("Cache-Control"), "no-store");
      deepEqual(rest, { legalName: "Muster GmbH", businessNumber: "HRB12345" });
      equal(new Date(createdAt).toISOString(), createdAt);
      equal(Math.abs(Date.parse(createdAt) - before) < 60_000, true);
      deepEqual((await ask(`${origin}/companies/HRB12345`)).body, body);
    });

    it("answers 409 with a link to the company that has the number, and does not change it", async () => {
      const origin = await start();
      const first = await create(origin, MUSTER);
      const second = await create(origin, { legalName: "Other", businessNumber: "HRB-12345" });
      equal(second.status, 409);
      equal(second.headers.get("Content-Type"), "application/problem+json; charset=utf-8");
      equal(second.headers.get("Link"), '</companies/HRB12345>; rel="related"');
      deepEqual(second.body, {
        type: "urn:problem-type:company-exists",
        title: "The company exists",
        status: 409,
        detail:
          "a company with the business number HRB12345 already exists; see /companies/HRB12345",
        company: "/companies/HRB12345",
      });
      deepEqual((await ask(`${origin}/companies/HRB12345`)).body, first.body);
    });

    it("answers 422 with every invalid field: its name, its value, its rule and an example", async () => {
      const origin = await start();
      const answer = await create(origin, { legalName: " \t ", businessNumber: 12345 });
      equal(answer.status, 422);
      const details = [
        detailOfFault('legalName is " \\t "', { ...NAME, mustBe: TAB }),
        detailOfFault("businessNumber is 12345", NUMBER),
      ] as const;
      deepEqual(answer.body, {
        type: "urn:problem-type:faulty-request",
        title: "Invalid request",
        status: 422,
        detail: details.join("\n"),
        errors: [
          { pointer: "#/legalName", detail: details[0], mustBe: TAB },
          { pointer: "#/businessNumber", detail: details[1], mustBe: NUMBER.mustBe },
        ],
      });
    });

    it("reports missing fields, and a body that is not an object", async () => {
      const origin = await start();
      deepEqual(errorsOf(await create(origin, {})), [
        {
          pointer: "#/legalName",
          detail: detailOfFault("legalName is not set", NAME),
          mustBe: NAME.mustBe,
        },
        {
          pointer: "#/businessNumber",
          detail: detailOfFault("businessNumber is not set", NUMBER),
          mustBe: NUMBER.mustBe,
        },
      ]);
      const BODY = {
        mustBe: "a JSON object with legalName and businessNumber",
        example: '{"legalName":"Muster Handels GmbH","businessNumber":"HRB 123-45"}',
      };
      const { mustBe } = BODY;
      deepEqual(errorsOf(await create(origin, ["x"])), [
        { pointer: "#", detail: detailOfFault('the body is ["x"]', BODY), mustBe },
      ]);
      const none = await ask(`${origin}/companies`, { method: "POST" });
      equal(none.status, 422);
      deepEqual(errorsOf(none), [
        { pointer: "#", detail: detailOfFault("the body is not set", BODY), mustBe },
      ]);
    });

    it("shows only the beginning of a long invalid value", async () => {
      const answer = await create(await start(), { ...MUSTER, businessNumber: "x!".repeat(500) });
      ok(detailOf(answer).startsWith(`businessNumber is "${"x!".repeat(29)}x…; it must be `));
    });

    it("answers 400 to a body that is not JSON, and to a missing body of type JSON", async () => {
      const origin = await start();
      for (const body of ["{", "", '{"__proto__":{}}']) {
        const answer = await ask(`${origin}/companies`, {
          method: "POST",
          headers: JSON_TYPE,
          body,
        });
        equal(answer.status, 400);
        match(answer.headers.get("Content-Type") ?? "", /^application\/problem\+json/);
        match(detailOf(answer), /^Body /);
      }
    });

    it("answers 415 to other media types, and to charsets other than UTF-8", async () => {
      const origin = await start();
      for (const type of [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=iso-8859-1",
        'application/json; charset="UTF-16"',
      ]) {
        const init = { method: "POST", headers: { "Content-Type": type }, body: "{}" };
        const answer = await ask(`${origin}/companies`, init);
        equal(answer.status, 415, type);
        ok(detailOf(answer).startsWith(`Content-Type is ${JSON.stringify(type)}`));
      }
      const none = await ask(`${origin}/companies`, { method: "POST", body: Buffer.from("{}") });
      equal(none.status, 415);
      const named = { "Content-Type": 'application/json; Charset="utf-8"' };
      equal((await create(origin, MUSTER, named)).status, 201);
    });

    it("answers 400 to bytes that are not UTF-8, and stores nothing", async () => {
      const origin = await start();
      for (const legalName of [
        "M\xfcller",
        "\xc3",
        "\xed\xa0\x80",
        "\xc0\xaf",
        "\xf5\x80\x80\x80",
      ]) {
        const body = Buffer.from(JSON.stringify({ ...MUSTER, legalName }), "latin1");
        const init = { method: "POST", headers: JSON_TYPE, body };
        equal((await ask(`${origin}/companies`, init)).status, 400, legalName);
      }
      const { body } = await ask(`${origin}/companies`);
      deepEqual(body, { companies: [], next: null });
    });

    it("accepts a body of 16 KiB, and answers 413 to a body of one byte more", async () => {
      const origin = await start();
      const rest = JSON.stringify({ ...MUSTER, padding: "" }).length;
      const padding = "x".repeat(16 * 1024 - rest);
      equal((await create(origin, { ...MUSTER, padding })).status, 201);
      const answer = await create(origin, { ...MUSTER, padding: `${padding}x` });
      equal(answer.status, 413);
      equal(detailOf(answer), "the body is larger than 16384 bytes");
    });
  });

  describe("finding", () => {
    it("answers 404 if no company has the number", async () => {
      const { status, body } = await ask(`${await start()}/companies/hrb-1`);
      equal(status, 404);
      deepEqual(body, {
        type: "urn:problem-type:no-company",
        title: "There is no such company",
        status: 404,
        detail: "no company has the business number HRB1",
      });
    });

    it("answers 422 to an invalid business number", async () => {
      const answer = await ask(`${await start()}/companies/hrb_1`);
      equal(answer.status, 422);
      const [error] = errorsOf(answer) as { parameter: string; detail: string }[];
      equal(error?.parameter, "businessNumber");
      match(error.detail, /^businessNumber is "hrb_1"; .*"_"/);
    });

    it("answers HEAD like GET, without the body", async () => {
      const origin = await start();
      await create(origin, MUSTER);
      const { status } = await fetch(`${origin}/companies/HRB12345`, { method: "HEAD" });
      equal(status, 200);
      equal((await fetch(`${origin}/companies/HRB1`, { method: "HEAD" })).status, 404);
    });
  });

  describe("other requests", () => {
    for (const [method, path, allow] of [
      ["DELETE", "/companies", "GET, HEAD, POST"],
      ["OPTIONS", "/companies", "GET, HEAD, POST"],
      ["POST", "/companies/HRB1", "GET, HEAD"],
      ["PUT", "/companies/HRB1", "GET, HEAD"],
    ] as const) {
      it(`are answered 405 with Allow: ${method} ${path}`, async () => {
        const headers = { "Content-Type": "text/csv" };
        const init = { method, ...(method === "PUT" && { body: "x", headers }) };
        const answer = await ask((await start()) + path, init);
        equal(answer.status, 405);
        equal(answer.headers.get("Allow"), allow);
        ok(detailOf(answer).startsWith(`the method is ${method}; `));
      });
    }

    it("are answered 404 for an unknown URL, and 400 for a malformed one", async () => {
      const origin = await start();
      const nothing = await ask(`${origin}/nothing`, { method: "POST" });
      deepEqual(nothing.body, {
        type: "about:blank",
        title: "Not Found",
        status: 404,
        detail: "there is nothing at POST /nothing",
      });
      for (const path of ["/%ZZ", "/%FC", "?after=%FC", "?after=A1&x=%", "?limit=%C3%28"]) {
        const malformed = await ask(`${origin}/companies${path}`);
        equal(malformed.status, 400, path);
        match(malformed.headers.get("Content-Type") ?? "", /^application\/problem\+json/);
      }
      equal((await ask(`${origin}/companies?after=%41%31&x=%C3%BC`)).status, 200);
    });
  });

  describe("metrics", () => {
    it("count creations by outcome, and requests by route and status", async () => {
      const origin = await start();
      await create(origin, MUSTER, { "Idempotency-Key": "one" });
      await create(origin, MUSTER, { "Idempotency-Key": "one" });
      await create(origin, MUSTER);
      await create(origin, {});
      equal(await metric(origin, "companies_created_total"), 1);
      equal(await metric(origin, "companies_replayed_total"), 1);
      equal(await metric(origin, "companies_refused_early_total"), 1);
      equal(await metric(origin, "companies_constraint_violations_total"), 0);
      const requests = 'http_requests_total{method="POST",route="/companies",status=';
      equal(await metric(origin, `${requests}"201"}`), 2);
      equal(await metric(origin, `${requests}"409"}`), 1);
      equal(await metric(origin, `${requests}"422"}`), 1);
    });

    it("keep names, numbers, keys and cookies out of the log", async () => {
      const { origin, log } = await startCompanyServer(await postgres.newDatabase());
      const headers = { "Idempotency-Key": "secret-key", Cookie: "com-sticky=secret" };
      for (const legalName of ["Secret GmbH", "Secret AG", ""]) {
        await create(origin, { legalName, businessNumber: "SECRET1" }, headers);
      }
      await ask(`${origin}/companies/secret2`, { headers });
      deepEqual(
        log.filter((line) => /secret/i.test(line)),
        [],
      );
    });
  });
});
