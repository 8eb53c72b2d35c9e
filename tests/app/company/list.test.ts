import { deepEqual, equal } from "node:assert/strict";
import {
  ask,
  create,
  startCompanyServer,
  stopCompanyServers,
} from "../../drivers/companyServer.ts";
import { queryRows, usePostgres } from "../../drivers/postgres.ts";

interface Page {
  companies: { businessNumber: string }[];
  next: string | null;
}

const numbersOf = (page: unknown): string[] =>
  (page as Page).companies.map(({ businessNumber }) => businessNumber);

describe("list of companies", () => {
  const postgres = usePostgres();
  let database = "";
  let origin = "";

  before(async () => {
    database = await postgres.newDatabase();
    ({ origin } = await startCompanyServer(database));
    await queryRows(
      database,
      "insert into company (business_number, legal_name) select 'N' || n, 'Company ' || n from generate_series(1, 250) n",
    );
  });

  after(stopCompanyServers);

  it("returns all companies once, in the order of their numbers", async () => {
    const found: string[] = [];
    let pages = 0;
    for (let next: string | null = "/companies?limit=100"; next !== null; pages++) {
      const { status, headers, body } = await ask(origin + next);
      equal(status, 200);
      found.push(...numbersOf(body));
      ({ next } = body as Page);
      equal(headers.get("Link"), next === null ? null : `<${next}>; rel="next"`);
    }
    const all = Array.from({ length: 250 }, (_, index) => `N${index + 1}`).sort();
    deepEqual(found, all);
    equal(pages, 3);
  });

  it("has no next page after a last page that is full", async () => {
    const { body } = await ask(`${origin}/companies?after=N49&limit=55`);
    // N5, N50 to N59, and so on up to N99.
    equal(numbersOf(body).length, 55);
    equal((body as Page).next, null);
    const { body: shorter } = await ask(`${origin}/companies?after=N49&limit=54`);
    equal((shorter as Page).next, "/companies?after=N98&limit=54");
  });

  it("has 20 companies by default, and ignores an empty parameter", async () => {
    const { body } = await ask(`${origin}/companies`);
    equal(numbersOf(body).length, 20);
    deepEqual((await ask(`${origin}/companies?after=&limit=`)).body, body);
  });

  it("starts after a number in any spelling, which need not exist", async () => {
    const { body } = await ask(`${origin}/companies?after=n-1%2000x&limit=2`);
    deepEqual(numbersOf(body), ["N101", "N102"]);
  });

  it("does not miss companies that are created meanwhile on later pages", async () => {
    const { body } = await ask(`${origin}/companies?after=N97&limit=1`);
    await create(origin, { legalName: "Late", businessNumber: "N980" });
    const { body: rest } = await ask(`${origin}${(body as Page).next ?? ""}`);
    deepEqual(numbersOf(rest), ["N980"]);
    await queryRows(database, "delete from company where business_number = 'N980'");
  });

  for (const limit of ["0", "101", "-1", "1.5", "abc", "0x10", "1e1"]) {
    it(`answers 422 to a limit of ${limit}`, async () => {
      const { status, body } = await ask(`${origin}/companies?limit=${limit}`);
      equal(status, 422);
      const [error] = (body as { errors: { parameter: string; detail: string }[] }).errors;
      equal(error?.parameter, "limit");
      equal(
        error.detail,
        `limit is "${limit}"; it must be a whole number from 1 to 100 (for example 20)`,
      );
    });
  }

  it("reports every invalid parameter", async () => {
    const { status, body } = await ask(`${origin}/companies?after=*&limit=5&limit=6`);
    equal(status, 422);
    deepEqual(
      (body as { errors: { parameter: string }[] }).errors.map(({ parameter }) => parameter),
      ["after", "limit"],
    );
  });
});
