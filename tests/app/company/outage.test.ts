import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Client } from "pg";
import type { Postgres } from "../../../local/postgres/postgres.ts";
import {
  ask,
  create,
  startCompanyServer,
  startUnreadyServer,
  stopCompanyServers,
  type Answer,
} from "../../drivers/companyServer.ts";
import { newDatabase, queryRows, startRelay, usePostgres } from "../../drivers/postgres.ts";
import { killPostgres, useRestartablePostgres } from "../restartablePostgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const COMPANY = { legalName: "Muster GmbH", businessNumber: "HRB 1" };

const assertUnavailable = ({ status, headers, body }: Answer): void => {
  equal(status, 503);
  const seconds = headers.get("Retry-After") ?? "";
  match(seconds, /^[1-5]$/);
  deepEqual(body, {
    type: "urn:problem-type:unavailable",
    title: "Temporarily unavailable",
    status: 503,
    detail: `the database is temporarily unavailable; repeat the same request in ${seconds} s`,
  });
};

describe("company registry while PostgreSQL is stopped and started", () => {
  afterEach(stopCompanyServers);
  const start = useRestartablePostgres();

  for (const [what, end] of [
    ["stopped", (running: Postgres) => running.stop()],
    ["killed", killPostgres],
  ] as const) {
    it(`loses nothing that it acknowledged, stays ready and recovers on its own: ${what}`, async () => {
      const running = await start();
      const database = await newDatabase(running.url);
      const { origin } = await startCompanyServer(database);
      const acknowledged = new Map<string, unknown>();
      const others: Answer[] = [];
      let isOver = false;
      const goesOn = (): boolean => !isOver;
      const client = async (name: string): Promise<void> => {
        for (let next = 0; goesOn(); next++) {
          const company = { legalName: "A", businessNumber: `${name}${next}` };
          const key = { "Idempotency-Key": company.businessNumber };
          let answer = await create(origin, company, key);
          while (answer.status === 503 && goesOn()) {
            others.push(answer);
            answer = await create(origin, company, key);
          }
          if (answer.status === 201) {
            acknowledged.set(company.businessNumber, answer.body);
          } else {
            others.push(answer);
          }
        }
      };
      const clients = Promise.all(["A", "B", "C", "D"].map(client));
      await waitFor("many are created", () => acknowledged.size > 50);
      await end(running);
      await waitFor("it is seen to be away", () => others.length > 20);
      equal((await fetch(`${origin}/readyz`)).status, 200);
      assertUnavailable(await ask(`${origin}/companies`));
      const before = acknowledged.size;
      await start();
      await waitFor("many more are created", () => acknowledged.size > before + 50);
      isOver = true;
      await clients;
      others.forEach(assertUnavailable);
      const rows = await queryRows<{ business_number: string; created_at: Date }>(
        database,
        "select business_number, created_at from company",
      );
      const kept = new Map(rows.map((row) => [row.business_number, row.created_at.toISOString()]));
      const lost = [...acknowledged].filter(
        ([number, body]) => kept.get(number) !== (body as { createdAt: string }).createdAt,
      );
      deepEqual(lost, []);
    });
  }
});

describe("company registry whose PostgreSQL fails", () => {
  const postgres = usePostgres();
  const open = new Set<Client>();

  afterEach(async () => {
    await Promise.all([...open].map((client) => client.end()));
    open.clear();
    await stopCompanyServers();
  });

  const connect = async (url: string): Promise<Client> => {
    const client = new Client(url);
    await client.connect();
    open.add(client);
    return client;
  };

  it("is alive, not ready and answers 503 until PostgreSQL is available, then becomes ready", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    relay.refuse();
    const { origin, log } = await startUnreadyServer(relay.url);
    await waitFor("it has tried twice", () => log.filter(isRetry).length >= 2);
    equal((await fetch(`${origin}/healthz`)).status, 200);
    const ready = await ask(`${origin}/readyz`);
    deepEqual([ready.status, ready.body], [503, { status: "starting" }]);
    assertUnavailable(await create(origin, COMPANY));
    relay.heal();
    await waitFor("it is ready", async () => (await fetch(`${origin}/readyz`)).status === 200);
    equal((await create(origin, COMPANY)).status, 201);
    await relay.close();
  });

  it("answers 503 instead of hanging when PostgreSQL hangs, and recovers on new connections", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin } = await startCompanyServer(relay.url);
    equal((await create(origin, COMPANY)).status, 201);
    relay.hang();
    const stuck = await Promise.all([
      ...Array.from({ length: 8 }, () => ask(`${origin}/companies/hrb1`)),
      create(origin, { ...COMPANY, businessNumber: "HRB 2" }, { "Idempotency-Key": "k" }),
    ]);
    stuck.forEach(assertUnavailable);
    equal((await fetch(`${origin}/readyz`)).status, 200);
    relay.heal();
    equal((await ask(`${origin}/companies/hrb1`)).status, 200);
    equal((await create(origin, { ...COMPANY, businessNumber: "HRB 2" })).status, 201);
    await relay.close();
  });

  it("survives when PostgreSQL closes its connections, both idle ones and those in a transaction", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    await ask(`${origin}/companies`);
    const end =
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    equal((await queryRows(database, end)).length, 1);
    await waitFor("it is served again", async () => {
      const answer = await ask(`${origin}/companies`);
      return answer.status === 200;
    });
    const elsewhere = await connect(database);
    await elsewhere.query("begin; insert into company values ('HRB1', 'Mine')");
    const stuck = create(origin, COMPANY);
    const waiting = `${end} and wait_event_type = 'Lock'`;
    await waitFor("it is ended", async () => (await queryRows(database, waiting)).length === 1);
    assertUnavailable(await stuck);
    await elsewhere.query("rollback");
    equal((await create(origin, COMPANY)).status, 201);
  });

  it("answers 503 when PostgreSQL accepts no more connections", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    const full = async (): Promise<boolean> =>
      connect(database).then(
        () => false,
        (error: unknown) => (error as { code: string }).code === "53300",
      );
    await waitFor("it is full", full);
    assertUnavailable(await ask(`${origin}/companies`));
    await [...open][0]?.end();
    await waitFor("it is served", async () => (await ask(`${origin}/companies`)).status === 200);
  });

  it("answers 503 while PostgreSQL is a standby, and drops its connection to it", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    const name = new URL(database).pathname.slice(1);
    await queryRows(database, `alter database ${name} set default_transaction_read_only = on`);
    assertUnavailable(await create(origin, COMPANY));
    equal((await ask(`${origin}/companies`)).status, 200);
    await queryRows(
      database,
      `set transaction read write; alter database ${name} reset default_transaction_read_only`,
    );
    await waitFor("it creates", async () => (await create(origin, COMPANY)).status === 201);
  });

  it("answers 503 while its password is rejected, or its tables are wrong", async () => {
    const database = await postgres.newDatabase();
    const { origin, log } = await startCompanyServer(database);
    const role = `role_${new URL(database).pathname.slice(1)}`;
    for (const [breaks, mends] of [
      ["alter table company rename to other", "alter table other rename to company"],
      [
        "alter table company rename legal_name to other",
        "alter table company rename other to legal_name",
      ],
      ["alter schema public rename to other", "alter schema other rename to public"],
    ] as const) {
      await queryRows(database, breaks);
      assertUnavailable(await create(origin, COMPANY));
      await queryRows(database, mends);
      equal((await ask(`${origin}/companies`)).status, 200);
    }
    ok(log.some((line) => line.includes('relation \\"company\\" does not exist')));
    await queryRows(database, `create role ${role} login password 'one'`);
    await queryRows(database, `grant all on all tables in schema public to ${role}`);
    await queryRows(database, `grant create on schema public to ${role}`);
    const url = Object.assign(new URL(database), { username: role, password: "one" });
    const other = await startCompanyServer(url.href);
    equal((await create(other.origin, COMPANY)).status, 201);
    await queryRows(database, `alter role ${role} password 'two'`);
    await queryRows(
      database,
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`,
    );
    assertUnavailable(await ask(`${other.origin}/companies`));
    assertUnavailable(await create(other.origin, COMPANY));
    await queryRows(database, `alter role ${role} password 'one'`);
    equal((await ask(`${other.origin}/companies`)).status, 200);
    await queryRows(database, `revoke all on company from ${role}`);
    assertUnavailable(await ask(`${other.origin}/companies`));
    await stopCompanyServers();
    await queryRows(database, `drop owned by ${role}; drop role ${role}`);
  });

  it("answers 500 to errors that are not transient, and logs them without the row", async () => {
    const database = await postgres.newDatabase();
    const { origin, log } = await startCompanyServer(database);
    await queryRows(database, "alter table company add check (legal_name <> 'Muster GmbH')");
    const { status, body } = await create(origin, COMPANY);
    equal(status, 500);
    deepEqual(body, {
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      detail: "the request failed; the reason is in the server log",
    });
    const [line = "", ...more] = log.filter((each) => each.includes("request failed"));
    match(line, /"error":{"name":"error","message":"new row .*","code":"23514","stack":"/);
    ok(!line.includes("HRB1"));
    deepEqual(more, []);
  });

  it("closes its connections when it drains, after the pending responses", async () => {
    const database = await postgres.newDatabase();
    const { origin, server } = await startCompanyServer(database, { drainSeconds: 0.5 });
    const elsewhere = await connect(database);
    await elsewhere.query("begin; insert into company values ('HRB1', 'Mine')");
    const stuck = create(origin, COMPANY);
    const others =
      "select wait_event_type as wait from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    const waits = async (): Promise<unknown[]> => {
      const rows = await queryRows<{ wait: string }>(database, others);
      return rows.map(({ wait }) => wait);
    };
    await waitFor("it waits", async () => (await waits()).includes("Lock"));
    const drained = server.drain();
    equal((await fetch(`${origin}/readyz`)).status, 503);
    equal((await create(origin, { ...COMPANY, businessNumber: "HRB 2" })).status, 201);
    await waitFor("it closes", () => server.lifecycle.isClosing);
    await elsewhere.query("rollback");
    equal((await stuck).status, 201);
    server.http.closeIdleConnections();
    await drained;
    await elsewhere.end();
    open.delete(elsewhere);
    deepEqual(await waits(), []);
  });
});

function isRetry(line: string): boolean {
  return line.includes("cannot migrate yet");
}
