import { deepEqual, doesNotMatch, equal, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
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
import {
  ask,
  create,
  startCompanyServer,
  stopCompanyServers,
} from "../../drivers/companyServer.ts";
import { closeEditors, openDocument } from "../../drivers/documentEditor.ts";
import { startDocumentServer, stopDocumentServers } from "../../drivers/documentServer.ts";
import { queryRows } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

/** What companies and documents were in the only database of an earlier version, and their apps' progress in migrating it. */
const EARLIER_VERSION = readFileSync(new URL("earlierVersion.sql", import.meta.url), "utf8");

/** Its document. */
const ID = "2b681c47-aaef-4716-bcc0-b87cb4efa3fd";

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
  afterEach(async () => {
    closeEditors();
    await Promise.all([stopCompanyServers(), stopDocumentServers()]);
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

  /** The apps find what the earlier version has stored, and can go on. */
  async function findsAll(company: string, document: string): Promise<void> {
    const registry = await startCompanyServer(company);
    const { body } = await ask(`${registry.origin}/companies/DE123456`);
    equal((body as { legalName: string }).legalName, "Acme GmbH");
    equal(
      (await create(registry.origin, { businessNumber: "DE2", legalName: "Other" })).status,
      201,
    );
    const { origin } = await startDocumentServer(document);
    const editor = await openDocument(ID, origin);
    deepEqual(editor.paragraphs, ["Writ"]);
    editor.write("more");
    await editor.saved();
  }

  it("are not needed on AWS, where the master of the database goes on with those tables", async () => {
    const url = Object.assign(new URL(postgres.url), { pathname: "app" }).href;
    await queryRows(postgres.url, "create database app");
    await queryRows(url, EARLIER_VERSION);
    await findsAll(url, url);
  });

  it("own the tables that an earlier version created as superuser, with their rows", async () => {
    await queryRows(postgres.url, EARLIER_VERSION);
    await queryRows(postgres.url, "create table companion (id int)");

    await makeAppRoles(postgres.url, PASSWORDS);
    await findsAll(urlOf("company", "first"), urlOf("document", "other"));

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
    deepEqual(
      await asCompany("select legal_name, x from company where business_number = 'DE123456'"),
      [{ legal_name: "Acme GmbH", x: null }],
    );
    deepEqual(await asDocument("select title from document"), [{ title: "Plan" }]);
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
    equal((await queryRows(urlOf("company", "third"), "select from company")).length, 2);
  });
});
