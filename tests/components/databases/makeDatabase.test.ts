import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Client, DatabaseError } from "pg";
import { makeDatabase } from "../../../components/databases/makeDatabase.ts";
import { scramVerifier } from "../../../components/databases/scramVerifier.ts";
import { startPostgres, type Postgres } from "../../../local/postgres/postgres.ts";
import { queryRows } from "../../drivers/postgres.ts";

const MAX_CONNECTIONS = 60;

/** As on RDS: not a superuser, and the owner of all databases but those of RDS itself. */
const LIKE_RDS = [
  "create role app login createdb createrole password 'master'",
  "create database app owner app",
  "alter database postgres owner to app",
  "alter database template1 owner to app",
  "create database rdsadmin",
  "revoke all on database rdsadmin from public",
];

/** SQLSTATEs of a login that PostgreSQL rejects, of a database that the role cannot connect to, and of one that accepts nobody. */
const WRONG_PASSWORD = "28P01";
const NO_PRIVILEGE = "42501";
const NOT_CONNECTABLE = "55000";

let postgres: Postgres;

/** URL of a database on this server, with a user and a password. */
function urlOf(user: string, password: string, database = user): string {
  const url = new URL(postgres.url);
  Object.assign(url, { username: user, password, pathname: `/${database}` });
  return url.href;
}

const asMaster = (): string => urlOf("app", "master");

const statementsFor = (name: string, password = "secret"): string[] =>
  makeDatabase(name, scramVerifier(name, password));

/** Runs statements as psql does, which runs each value that a query with `\gexec` returns. */
async function run(statements: readonly string[], url = asMaster()): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    for (const statement of statements) {
      const [sql = "", command] = statement.split(/ (\\gexec)$/);
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
      for (const generated of command === undefined ? [] : rows.flat()) {
        await client.query(String(generated));
      }
    }
  } finally {
    await client.end();
  }
}

/** SQLSTATE with which PostgreSQL rejects a connection; undefined if it accepts it. */
async function rejection(url: string): Promise<string | undefined> {
  try {
    await queryRows(url, "select");
    return undefined;
  } catch (error) {
    ok(error instanceof DatabaseError, String(error));
    return error.code;
  }
}

/** Fails where a role can connect to a database other than its own. */
async function assertIsConfined(role: string): Promise<void> {
  const others = await queryRows<{ name: string; accepts: boolean }>(
    postgres.url,
    "select datname as name, datallowconn as accepts from pg_database where datname <> $1",
    [role],
  );
  ok(others.length > 4);
  const rejections = others.map(({ name }) => rejection(urlOf(role, "secret", name)));
  const found = (await Promise.all(rejections)).map((code, index) => [others[index]?.name, code]);
  deepEqual(
    found,
    others.map(({ accepts, name }) => [name, accepts ? NO_PRIVILEGE : NOT_CONNECTABLE]),
  );
}

describe("makeDatabase", () => {
  before(async () => {
    postgres = await startPostgres({ ephemeral: true }, MAX_CONNECTIONS);
    for (const statement of LIKE_RDS) {
      await queryRows(postgres.url, statement);
    }
    await queryRows(asMaster(), "create table companies as select 'Ada' as name");
    await run(statementsFor("workload-other"));
  });
  after(() => postgres.stop());

  it("needs an administrator who can only create databases and roles", async () => {
    const [administrator] = await queryRows<object>(
      asMaster(),
      "select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication from pg_roles where rolname = current_user",
    );
    deepEqual(administrator, {
      rolsuper: false,
      rolcreatedb: true,
      rolcreaterole: true,
      rolbypassrls: false,
      rolreplication: false,
    });
  });

  it("makes a role that can do everything in its own database, and nothing on the server", async () => {
    await run(statementsFor("workload-my-chat"));
    const url = urlOf("workload-my-chat", "secret");
    await queryRows(url, "create schema talk");
    await queryRows(url, "create table talk.messages as select 'hello' as text");
    await queryRows(url, "create table lines (id int)");
    await queryRows(url, "create temporary table draft (id int)");
    const [role] = await queryRows<object>(
      url,
      "select datdba::regrole::text as owner, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles, pg_database where rolname = current_user and datname = current_database()",
    );
    deepEqual(role, {
      owner: '"workload-my-chat"',
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolbypassrls: false,
    });
    const memberships = await queryRows(
      url,
      "select from pg_auth_members where member = current_user::regrole",
    );
    deepEqual(memberships, []);
  });

  it("confines each role to its own database", async () => {
    await run(statementsFor("workload-first"));
    await run(statementsFor("workload-second"));
    for (const role of ["workload-first", "workload-second", "workload-other"]) {
      await assertIsConfined(role);
      equal(await rejection(urlOf(role, "secret")), undefined);
    }
  });

  it("leaves the built-in apps their database, their data and their access", async () => {
    await run(statementsFor("workload-guest"));
    deepEqual(await queryRows(asMaster(), "select name from companies"), [{ name: "Ada" }]);
    await queryRows(asMaster(), "create table documents (id int)");
    await queryRows(asMaster(), "drop table documents");
  });

  it("keeps everything when it is run again", async () => {
    await run(statementsFor("workload-again"));
    const url = urlOf("workload-again", "secret");
    await queryRows(url, "create table notes as select 1 as id");
    await run(statementsFor("workload-again"));
    deepEqual(await queryRows(url, "select id from notes"), [{ id: 1 }]);
    await assertIsConfined("workload-again");
  });

  it("changes the password, and nothing else", async () => {
    await run(statementsFor("workload-changed"));
    await queryRows(urlOf("workload-changed", "secret"), "create table notes as select 1 as id");
    await run(statementsFor("workload-changed", "another"));
    equal(await rejection(urlOf("workload-changed", "secret")), WRONG_PASSWORD);
    const url = urlOf("workload-changed", "another");
    deepEqual(await queryRows(url, "select id from notes"), [{ id: 1 }]);
  });

  it("closes its database again that its role has opened to everybody", async () => {
    await run(statementsFor("workload-open"));
    const url = urlOf("workload-open", "secret");
    await queryRows(url, 'grant connect on database "workload-open" to public');
    equal(await rejection(urlOf("workload-other", "secret", "workload-open")), undefined);
    await run(statementsFor("workload-open"));
    await assertIsConfined("workload-other");
  });

  const count = statementsFor("workload-killed").length;
  for (let done = 0; done <= count; done += 1) {
    it(`can be run again after ${done} of ${count} statements, and opens nothing in between`, async () => {
      const name = `workload-killed-${done}`;
      await run(statementsFor(name).slice(0, done));
      const own = await rejection(urlOf(name, "secret"));
      equal(own, done === count ? undefined : WRONG_PASSWORD);
      await assertIsConfined("workload-other");
      await run(statementsFor(name));
      equal(await rejection(urlOf(name, "secret")), undefined);
      await assertIsConfined(name);
      await assertIsConfined("workload-other");
    });
  }

  it("can be run for many workloads at the same time", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `workload-many-${index}`);
    await Promise.all(names.map((name) => run(statementsFor(name))));
    for (const name of names) {
      equal(await rejection(urlOf(name, "secret")), undefined);
    }
  });

  it("lets no role log in while somebody else's database is open to everybody", async () => {
    await queryRows(postgres.url, 'create database "Legacy"');
    try {
      await rejects(run(statementsFor("workload-late")), {
        message: 'every role can connect to "Legacy"; its owner must revoke that from public',
      });
      equal(await rejection(urlOf("workload-late", "secret")), WRONG_PASSWORD);
    } finally {
      await queryRows(postgres.url, 'drop database "Legacy"');
    }
  });

  it("does not send the password to PostgreSQL", () => {
    const password = "QmFzZTY0SXNOb3RFbmNyeXB0aW9u";
    const sent = statementsFor("workload-quiet", password).join("\n");
    const forms = [password, Buffer.from(password).toString("base64")];
    deepEqual(
      forms.filter((form) => sent.includes(form)),
      [],
    );
  });
});
