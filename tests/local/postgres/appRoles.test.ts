import { deepEqual, doesNotMatch, equal, rejects } from "node:assert/strict";
import { pino } from "pino";
import type { AppName } from "../../../app/contract/catalogue.ts";
import {
  Database,
  DATABASE_RULES,
  type Migrations,
} from "../../../app/common/database/database.ts";
import { createLog } from "../../../app/contract/log.ts";
import { parseSettings } from "../../../app/contract/settings.ts";
import { MIGRATIONS as COMPANY } from "../../../app/company/migrations.ts";
import { MIGRATIONS as DOCUMENT } from "../../../app/document/storage/migrations.ts";
import { makeAppRoles } from "../../../local/postgres/appRoles.ts";
import { startPostgres, type Postgres } from "../../../local/postgres/postgres.ts";
import { queryRows } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const ID = "8a6495c0-9eb5-4261-be62-5c36195fdbfc";

const PASSWORDS = new Map([
  ["company", "first"],
  ["document", "other"],
] as const);

describe("the roles of the apps in the local run's PostgreSQL", () => {
  let postgres: Postgres;

  let said = "";

  before(async () => {
    const log = pino({ level: "debug" }, { write: (line) => (said += line) });
    postgres = await startPostgres({ ephemeral: true }, 20, { log });
  });
  after(() => postgres.stop());

  const urlOf = (app: string, password: string): string =>
    Object.assign(new URL(postgres.url), { username: app, password }).href;

  const asCompany = <Row>(sql: string): Promise<Row[]> => queryRows(urlOf("company", "first"), sql);
  const asDocument = <Row>(sql: string): Promise<Row[]> =>
    queryRows(urlOf("document", "other"), sql);

  async function migrate(url: string, migrations: Migrations): Promise<void> {
    const { log } = createLog({}, "silent", 2);
    const env = parseSettings(DATABASE_RULES, { DATABASE_URL: url, DATABASE_TLS: "off" });
    const database = new Database(env, log);
    await database.migrate(migrations);
    await database.close();
  }

  it("own the tables that an earlier version created as superuser, with their rows", async () => {
    await migrate(postgres.url, COMPANY);
    await migrate(postgres.url, DOCUMENT);
    await queryRows(
      postgres.url,
      "insert into company (business_number, legal_name) values ('DE1', 'Acme')",
    );
    await queryRows(postgres.url, `insert into document (id, title) values ('${ID}', 'Old')`);
    await queryRows(postgres.url, "create table companion (id int)");

    await makeAppRoles(postgres.url, PASSWORDS);

    // The next run of the same data, whose apps have new versions.
    await makeAppRoles(postgres.url, PASSWORDS);
    await migrate(urlOf("company", "first"), {
      ...COMPANY,
      all: {
        ...COMPANY.all,
        "9999-test": {
          up: (db) => db.schema.alterTable("company").addColumn("x", "text").execute(),
        },
      },
    });
    await migrate(urlOf("document", "other"), DOCUMENT);
    deepEqual(await asCompany("select legal_name, x from company"), [
      { legal_name: "Acme", x: null },
    ]);
    deepEqual(await asDocument("select title from document"), [{ title: "Old" }]);
    const kept = "insert into document_version (document_id, number, state) values";
    deepEqual(await asDocument(`${kept} ('${ID}', 1, '') returning id`), [{ id: "1" }]);
    const left = "select tablename from pg_tables where schemaname = 'public'";
    deepEqual(await queryRows(postgres.url, left), [{ tablename: "companion" }]);
  });

  const forbidden = [
    "select from document.document",
    "create table public.mine (id int)",
    "create table document.mine (id int)",
    "create schema mine",
    "create temporary table mine (id int)",
    "create role mine",
    "alter role company superuser",
    "set role document",
    "copy (select 1) to program 'true'",
    "select pg_read_file('PG_VERSION')",
  ];
  for (const sql of forbidden) {
    it(`may not ${sql}`, async () => {
      await rejects(asCompany(sql), { code: "42501" });
    });
  }

  it("keep their passwords out of the log, even if one cannot be set", async () => {
    const reserved = new Map([["pg_reserved" as AppName, "unlogged"]]);
    await rejects(makeAppRoles(postgres.url, reserved), { code: "42939" });
    await waitFor("that is logged", () => said.includes("is reserved"));
    doesNotMatch(said, /unlogged/);
  });

  it("have new passwords in each run", async () => {
    await makeAppRoles(postgres.url, new Map([["company", "third"]]));
    await rejects(asCompany("select"), { code: "28P01" });
    equal((await queryRows(urlOf("company", "third"), "select from company")).length, 1);
  });
});
