import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { normaliseIdentifier } from "../../../app/contract/keyRoute.ts";
import {
  ask,
  create,
  startCompanyServer,
  stopCompanyServers,
} from "../../drivers/companyServer.ts";
import { queryRows, usePostgres } from "../../drivers/postgres.ts";

const LETTERS_AND_DIGITS = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

/** A canonical number. */
const canonical = fc
  .array(fc.constantFrom(...LETTERS_AND_DIGITS), { minLength: 2, maxLength: 32 })
  .map((characters) => characters.join(""));

/** Spellings of a number, in at most 100 characters. */
const spellingOf = (number: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: number.length, maxLength: number.length }),
      fc.array(fc.constantFrom("", " ", "-", " -"), {
        minLength: number.length + 1,
        maxLength: number.length + 1,
      }),
    )
    .map(
      ([isLower, gaps]) =>
        (gaps[0] ?? "") +
        Array.from(
          number,
          (one, index) => (isLower[index] ? one.toLowerCase() : one) + (gaps[index + 1] ?? ""),
        ).join(""),
    );

describe("spelling of business numbers", () => {
  const postgres = usePostgres();
  let database = "";
  let origin = "";

  before(async () => {
    database = await postgres.newDatabase();
    ({ origin } = await startCompanyServer(database));
  });

  after(stopCompanyServers);

  for (const [written, number] of [
    ["HRB12345", "HRB12345"],
    ["hrb 123-45", "HRB12345"],
    [" -h r-b--12  3 ", "HRB123"],
    ["0x", "0X"],
    ["a".repeat(32), "A".repeat(32)],
    [`${" ".repeat(98)}z9`, "Z9"],
  ] as const) {
    it(`reads ${JSON.stringify(written)} as ${number}`, async () => {
      await queryRows(database, "truncate company cascade");
      const { status, headers } = await create(origin, {
        legalName: "A",
        businessNumber: written,
      });
      equal(status, 201);
      equal(headers.get("Location"), `/companies/${number}`);
      equal((await ask(`${origin}/companies/${encodeURIComponent(written)}`)).status, 200);
    });
  }

  for (const [what, written] of [
    ["nothing", ""],
    ["one character", "a"],
    ["only spaces and hyphens", " - - "],
    ["33 characters", "a".repeat(33)],
    ["101 characters as it is written", `${" ".repeat(99)}z9`],
    ["an umlaut", "hrbü1"],
    ["a letter that becomes two in upper case", "straße1"],
    ["a dotless i", "h\u0131b1"],
    ["a Kelvin sign", "\u212A12"],
    ["a full-width digit", "hrb\uff11"],
    ["an Arabic digit", "hrb\u0661"],
    ["a no-break space", "hrb\u00a01"],
    ["an en dash", "hrb\u20131"],
    ["a hyphen of Unicode", "hrb\u20101"],
    ["a soft hyphen", "hrb\u00ad1"],
    ["a tab", "hrb\t1"],
    ["a line break at the end", "hrb1\n"],
    ["a slash", "hrb/1"],
    ["an underscore", "hrb_1"],
    ["a NUL", "hrb\u00001"],
  ] as const) {
    it(`answers 422 to a number with ${what}`, async () => {
      const { status, body } = await create(origin, { legalName: "A", businessNumber: written });
      equal(status, 422);
      deepEqual(
        (body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer),
        ["#/businessNumber"],
      );
    });
  }

  it("reports the first wrong character, by its code point if it is invisible", async () => {
    for (const [written, wrong] of [
      ["hrb\u00a01", "U+00A0"],
      ["hrb\t1", "U+0009"],
      ["\ufeffhrb1", "U+FEFF"],
      ["hrb\u200b\u00a01", "U+200B"],
      ["hrb\u20111", "U+2011"],
      ["\u{1D7D8}1", "U+1D7D8"],
      ["\u212A12", "U+212A"],
      ["a"],
      [""],
    ] as const) {
      const { body } = await create(origin, { legalName: "A", businessNumber: written });
      const { detail } = body as { detail: string };
      equal(/U\+[0-9A-F]{4,}/.exec(detail)?.[0], wrong);
      const path = encodeURIComponent(written);
      if (path !== "") {
        const found = await ask(`${origin}/companies/${path}`);
        equal((found.body as { detail: string }).detail, detail);
      }
    }
  });

  it("finds the same company by any spelling, and rejects creating it again by any", async () => {
    const twoSpellings = canonical.chain((number) =>
      fc.tuple(fc.constant(number), spellingOf(number), spellingOf(number)),
    );
    await fc.assert(
      fc.asyncProperty(twoSpellings, async ([number, one, other]) => {
        await queryRows(database, "truncate company cascade");
        const first = await create(origin, { legalName: "A", businessNumber: one });
        equal(first.status, 201);
        equal((first.body as { businessNumber: string }).businessNumber, number);
        const second = await create(origin, { legalName: "B", businessNumber: other });
        equal(second.status, 409);
        const found = await ask(`${origin}/companies/${encodeURIComponent(other)}`);
        deepEqual(found.body, first.body);
        equal(normaliseIdentifier(other), number);
      }),
      { numRuns: 60 },
    );
  });

  it("is canonical in PostgreSQL, which rejects any other", async () => {
    const insert = "insert into company (business_number, legal_name) values ($1, $2)";
    for (const [number, name] of [
      ["hrb1", "A"],
      ["HRB 1", "A"],
      ["A", "A"],
      ["HRB1\n", "A"],
      ["HRB1", ""],
      ["HRB1", " A"],
      ["HRB1", "a\nb"],
      ["HRB1", "x".repeat(201)],
    ]) {
      const code = await queryRows(database, insert, [number, name]).then(
        () => "taken",
        (error: unknown) => (error as { code: string }).code,
      );
      equal(code, "23514", JSON.stringify([number, name]));
    }
  });
});
