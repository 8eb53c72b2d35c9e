import { deepEqual, equal, ok } from "node:assert/strict";
import { request } from "undici";
import {
  ask,
  create,
  startCompanyServer,
  stopCompanyServers,
} from "../../drivers/companyServer.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../drivers/documentServer.ts";
import { queryRows, usePostgres } from "../../drivers/postgres.ts";

/** What would do harm where somebody took it for more than text. */
const TEXTS = [
  "'; drop table company; --",
  "1' or '1'='1",
  "$1 $$ \\' \\",
  '<script>alert(1)</script><img src=x onerror="alert(1)">',
  '{"$gt":""}',
  "__proto__",
  "constructor",
  "%s %n %00 %0d%0aSet-Cookie: a=b",
  "../../../etc/passwd",
  "${process.env.DATABASE_URL} {{7*7}}",
  "ﷺ̈́ \u200egnp.exe \u{1f469}\u200d\u{1f467}",
];

/** What no text may have, and too much of it. */
const REFUSED = [
  ...["a\u0000b", "\u0000", "a\ud800b", "\udc00", "a\r\nb", "\u2028", "\u202egnp.exe"],
  "x".repeat(201),
];

/** A value as a part of a URL that a client writes without care. */
const raw = (text: string): string => encodeURIComponent(text.toWellFormed());

describe("text that looks like code", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    equal(({} as { polluted?: string }).polluted, undefined);
    await stopCompanyServers();
    await stopDocumentServers();
  });

  const statusOf = async (url: string, options: Parameters<typeof request>[1] = {}) => {
    const { statusCode, body } = await request(url, options);
    await body.dump();
    return statusCode;
  };

  it("is stored unchanged in companies' names, and rejected everywhere else", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    for (const [index, legalName] of TEXTS.entries()) {
      const businessNumber = `HRB${index}`;
      equal((await create(origin, { legalName, businessNumber })).status, 201);
      const { body } = await ask(`${origin}/companies/${businessNumber}`);
      equal((body as { legalName: string }).legalName, legalName.normalize("NFC"));
    }
    for (const text of [...TEXTS, ...REFUSED]) {
      const numbered = await create(origin, { legalName: "A", businessNumber: `${text}!` });
      equal(numbered.status, 422);
      // The router has no paths as long as the last.
      const found = await statusOf(`${origin}/companies/${raw(`${text}!`)}`);
      equal(found, text.length > 100 ? 404 : 422, text);
      for (const query of [`after=${raw(`${text}!`)}`, `limit=${raw(text)}`, "limit=1&limit=2"]) {
        equal(await statusOf(`${origin}/companies?${query}`), 422, query);
      }
    }
    for (const legalName of [...REFUSED, null, 1, [], {}, { toString: "a" }]) {
      equal((await create(origin, { legalName, businessNumber: "HRB 99" })).status, 422);
    }
    equal((await queryRows(database, "select from company")).length, TEXTS.length);
  });

  it("is stored unchanged in idempotency keys and titles, and compared in full", async () => {
    const database = await postgres.newDatabase();
    const company = await startCompanyServer(database);
    const document = await startDocumentServer(await postgres.newDatabase());
    const keys = TEXTS.filter((text) => /^[!-~]+$/.test(text));
    ok(keys.length > 3);
    for (const [index, key] of keys.entries()) {
      const wanted = { legalName: "A", businessNumber: `HRB ${index}` };
      const headers = { "Idempotency-Key": key };
      equal((await create(company.origin, wanted, headers)).status, 201);
      const again = await create(company.origin, wanted, headers);
      equal(again.headers.get("Idempotent-Replayed"), "true");
    }
    const kept = await queryRows<{ key: string }>(
      database,
      "select key from company_idempotency_key",
    );
    deepEqual(kept.map(({ key }) => key).sort(), [...keys].sort());
    for (const title of TEXTS) {
      const id = await newDocument(document.origin, title);
      const { body } = await ask(`${document.origin}/documents/${id}`);
      equal((body as { title: string }).title, title.normalize("NFC"));
    }
    for (const text of [...TEXTS, ...REFUSED]) {
      equal(await statusOf(`${document.origin}/documents/${raw(text)}!`), 404);
      equal(await statusOf(`${document.origin}/documents?after=${raw(text)}`), 422);
    }
  });

  it("changes no prototype and causes no 5xx response in any body", async () => {
    const company = await startCompanyServer(await postgres.newDatabase());
    const document = await startDocumentServer(await postgres.newDatabase());
    const deep = `${"[".repeat(7000)}${"]".repeat(7000)}`;
    for (const body of [
      '{"__proto__":{"polluted":"yes"}}',
      '{"constructor":{"prototype":{"polluted":"yes"}}}',
      '{"legalName":"A","businessNumber":"HRB 1","__proto__":{"polluted":"yes"}}',
      '{"title":{"__proto__":{"polluted":"yes"}}}',
      `{"title":${deep}}`,
      deep,
      `{"legalName":"\\ud800","businessNumber":"HRB 1","title":"\\u0000"}`,
      '{"title":1e999,"legalName":1e999}',
      "\ufeff{}",
      "{}{}",
      "",
    ]) {
      for (const url of [`${company.origin}/companies`, `${document.origin}/documents`]) {
        const headers = { "Content-Type": "application/json" };
        const status = await statusOf(url, { method: "POST", headers, body });
        ok(
          status < 500 && (status >= 400 || url.endsWith("documents")),
          `${status} ${body.slice(0, 50)}`,
        );
      }
    }
  });
});
