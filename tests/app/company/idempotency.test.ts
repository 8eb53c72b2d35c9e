import { deepEqual, equal, match } from "node:assert/strict";
import { mock } from "node:test";
import { pino } from "pino";
import { Database, DATABASE_RULES } from "../../../app/common/database/database.ts";
import { parseSettings } from "../../../app/contract/settings.ts";
import { deleteExpiredKeys } from "../../../app/company/idempotency.ts";
import type { CompanyTables } from "../../../app/company/migrations.ts";
import {
  ask,
  create,
  startCompanyServer,
  stopCompanyServers,
  type Answer,
} from "../../drivers/companyServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { queryRows, startRelay, usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const COMPANY = { legalName: "Muster GmbH", businessNumber: "HRB 1" };
const KEY = { "Idempotency-Key": "3f1f7a0e-7d4b-4a53-9d55-0b1f2b1f9a11" };
const AGE_ALL = "update company_idempotency_key set created_at = now() - interval";

const isReplay = ({ headers }: Answer): boolean => headers.get("Idempotent-Replayed") === "true";

describe("idempotency keys", () => {
  const postgres = usePostgres();
  let database = "";
  let origin = "";

  beforeEach(async () => {
    database = await postgres.newDatabase();
    ({ origin } = await startCompanyServer(database));
  });

  afterEach(stopCompanyServers);

  it("replay the first response, on any replica and in any spelling", async () => {
    const first = await create(origin, COMPANY, KEY);
    equal(first.status, 201);
    equal(isReplay(first), false);
    const other = await startCompanyServer(database);
    for (const each of [origin, other.origin]) {
      const again = { businessNumber: "hrb-1", legalName: " Muster GmbH " };
      const second = await create(each, again, KEY);
      equal(second.status, 201);
      equal(isReplay(second), true);
      equal(second.headers.get("Location"), "/companies/HRB1");
      deepEqual(second.body, first.body);
    }
    equal(await metric(origin, "companies_created_total"), 1);
    equal(await metric(origin, "companies_replayed_total"), 1);
  });

  for (const [what, other] of [
    ["name", { ...COMPANY, legalName: "Other" }],
    ["number", { ...COMPANY, businessNumber: "HRB 2" }],
  ] as const) {
    it(`are rejected with 422 if they are sent with a different ${what}`, async () => {
      await create(origin, COMPANY, KEY);
      const { status, body } = await create(origin, other, KEY);
      equal(status, 422);
      deepEqual(body, {
        type: "urn:problem-type:idempotency-key-reused",
        title: "The idempotency key belongs to a different request",
        status: 422,
        detail:
          "Idempotency-Key belongs to a different request; it must be unique to a request; generate a new one",
      });
      equal((await ask(`${origin}/companies/HRB2`)).status, 404);
    });
  }

  it("can be used again if nothing was created with them", async () => {
    await create(origin, COMPANY);
    equal((await create(origin, COMPANY, KEY)).status, 409);
    equal((await create(origin, { legalName: "" }, KEY)).status, 422);
    equal((await create(origin, { ...COMPANY, businessNumber: "HRB 2" }, KEY)).status, 201);
  });

  it("make a request wait for another one with the same key, so both get the same response", async () => {
    const others = await Promise.all([startCompanyServer(database), startCompanyServer(database)]);
    const origins = [origin, ...others.map((each) => each.origin)];
    for (let round = 0; round < 30; round++) {
      const company = { ...COMPANY, businessNumber: `ROUND${round}` };
      const key = { "Idempotency-Key": `at-once-${round}` };
      const answers = await Promise.all(
        [...origins, ...origins, ...origins].map((each) => create(each, company, key)),
      );
      deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
      equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1);
      equal(answers.filter(isReplay).length, 8);
    }
    equal((await queryRows(database, "select from company")).length, 30);
  });

  it("accept only one of two different requests with the same key", async () => {
    const other = await startCompanyServer(database);
    for (let round = 0; round < 10; round++) {
      const key = { "Idempotency-Key": `round-${round}` };
      const answers = await Promise.all(
        [origin, other.origin].map((each, index) =>
          create(each, { legalName: "A", businessNumber: `R${round}-${index}` }, key),
        ),
      );
      deepEqual(answers.map(({ status }) => status).sort(), [201, 422]);
    }
    equal((await queryRows(database, "select from company")).length, 10);
  });

  for (const key of ["", "a b", "ä", "x".repeat(256)]) {
    it(`are rejected with 400 if they are malformed: ${JSON.stringify(key.slice(0, 10))}`, async () => {
      const { status, body } = await create(origin, COMPANY, { "Idempotency-Key": key });
      equal(status, 400);
      const { errors } = body as { errors: { header: string; detail: string }[] };
      deepEqual(
        errors.map(({ header }) => header),
        ["idempotency-key"],
      );
      match(
        errors[0]?.detail ?? "",
        /^Idempotency-Key is ".*; it must be 1 to 255 visible ASCII characters \(for example /,
      );
      equal((await ask(`${origin}/companies/HRB1`)).status, 404);
    });
  }

  it("may have 255 characters, including quotes", async () => {
    const key = { "Idempotency-Key": `"${"~".repeat(253)}"` };
    equal((await create(origin, COMPANY, key)).status, 201);
    equal(isReplay(await create(origin, COMPANY, key)), true);
  });

  it("show after a lost response to COMMIT that the company was created", async () => {
    const relay = await startRelay(database);
    const through = await startCompanyServer(relay.url);
    relay.cutAnswerTo("commit");
    const lost = await create(through.origin, COMPANY, KEY);
    equal(lost.status, 503);
    match(lost.headers.get("Retry-After") ?? "", /^[1-5]$/);
    const again = await create(through.origin, COMPANY, KEY);
    equal(again.status, 201);
    equal(isReplay(again), true);
    deepEqual((await ask(`${origin}/companies/HRB1`)).body, again.body);
    await relay.close();
  });

  it("show after a connection that was lost before COMMIT that the company was not created", async () => {
    const relay = await startRelay(database);
    const through = await startCompanyServer(relay.url);
    relay.cutAnswerTo('insert into "company"');
    equal((await create(through.origin, COMPANY, KEY)).status, 503);
    equal((await ask(`${origin}/companies/HRB1`)).status, 404);
    const again = await create(through.origin, COMPANY, KEY);
    equal(again.status, 201);
    equal(isReplay(again), false);
    await relay.close();
  });

  it("belong to their request for 24 hours, and may be used for another one afterwards", async () => {
    const other = { ...COMPANY, businessNumber: "HRB 2" };
    await create(origin, COMPANY, KEY);
    await queryRows(database, `${AGE_ALL} '23 hours 59 minutes'`);
    equal((await create(origin, other, KEY)).status, 422);
    await queryRows(database, `${AGE_ALL} '24 hours 1 minute'`);
    equal((await create(origin, COMPANY, KEY)).status, 409);
    const second = await create(origin, other, KEY);
    equal(second.status, 201);
    equal(isReplay(await create(origin, other, KEY)), true);
  });

  it("are deleted every ten minutes if they have expired", async () => {
    await stopCompanyServers();
    mock.timers.enable({ apis: ["setInterval"] });
    ({ origin } = await startCompanyServer(database));
    await create(origin, COMPANY, KEY);
    await queryRows(database, `${AGE_ALL} '25 hours'`);
    mock.timers.tick(10 * 60 * 1000);
    mock.timers.reset();
    const keys = "select key from company_idempotency_key";
    await waitFor("it is deleted", async () => (await queryRows(database, keys)).length === 0);
    equal((await ask(`${origin}/companies/hrb1`)).status, 200);
  });

  it("are deleted in batches if they have expired, and only then", async () => {
    await create(origin, COMPANY, KEY);
    await queryRows(
      database,
      `insert into company_idempotency_key
       select 'old-' || n, 'f', 'HRB1', now() - interval '25 hours' from generate_series(1, 2500) n`,
    );
    const settings = { DATABASE_URL: database, DATABASE_TLS: "off" };
    const log = pino({ level: "silent" });
    const own = new Database<CompanyTables>(parseSettings(DATABASE_RULES, settings), log);
    const deleted = await Promise.all([deleteExpiredKeys(own.db), deleteExpiredKeys(own.db)]);
    await own.close();
    equal(deleted[0] + deleted[1], 2500);
    deepEqual(await queryRows(database, "select key from company_idempotency_key"), [
      { key: KEY["Idempotency-Key"] },
    ]);
  });
});
