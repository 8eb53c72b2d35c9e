import { deepEqual, equal, match } from "node:assert/strict";
import fc from "fast-check";
import { Client } from "pg";
import { normaliseIdentifier } from "../../../app/contract/keyRoute.ts";
import {
  create,
  startCompanyServer,
  startUnreadyServer,
  stopCompanyServers,
  type Answer,
} from "../../drivers/companyServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { queryRows, usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const COMPANY = { legalName: "Muster GmbH", businessNumber: "HRB 1" };

const statusesOf = (answers: Answer[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(answers, ({ status }) => status)).map(([status, those]) => [
      status,
      those?.length ?? 0,
    ]),
  );

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe("concurrent creations of one number", () => {
  const postgres = usePostgres();
  const open = new Set<Client>();

  afterEach(async () => {
    await Promise.all([...open].map((client) => client.end()));
    open.clear();
    await stopCompanyServers();
  });

  /** Another program that has created the number and has not committed yet. */
  const insertElsewhere = async (database: string): Promise<Client> => {
    const client = new Client(database);
    open.add(client);
    await client.connect();
    await client.query("begin");
    await client.query("insert into company (business_number, legal_name) values ('HRB1', 'Mine')");
    return client;
  };

  const waitForBlocked = (database: string): Promise<void> =>
    waitFor("an insertion waits for another", async () => {
      const waiting =
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      return (await queryRows(database, waiting)).length > 0;
    });

  it("create one company on one replica, which inserts only one row", async () => {
    const { origin } = await startCompanyServer(await postgres.newDatabase());
    const answers = await Promise.all(times(20, () => create(origin, COMPANY)));
    deepEqual(statusesOf(answers), { 201: 1, 409: 19 });
    equal(await metric(origin, "companies_created_total"), 1);
    equal(await metric(origin, "companies_refused_early_total"), 19);
    equal(await metric(origin, "companies_constraint_violations_total"), 0);
  });

  it("create one company on three replicas, and every other response is 409", async () => {
    const database = await postgres.newDatabase();
    const servers = await Promise.all(times(3, () => startCompanyServer(database)));
    const answers = await Promise.all(
      times(60, (index) => create(servers[index % 3]?.origin ?? "", COMPANY)),
    );
    deepEqual(statusesOf(answers), { 201: 1, 409: 59 });
    equal((await queryRows(database, "select from company")).length, 1);
    const sum = async (name: string): Promise<number> => {
      const values = await Promise.all(servers.map(({ origin }) => metric(origin, name)));
      return values.reduce<number>((all, value) => all + (value ?? 0), 0);
    };
    equal(await sum("companies_created_total"), 1);
    const early = await sum("companies_refused_early_total");
    equal(early + (await sum("companies_constraint_violations_total")), 59);
  });

  it("create one company for each number, for any requests on any replicas with any keys", async () => {
    const database = await postgres.newDatabase();
    const servers = await Promise.all(times(3, () => startCompanyServer(database)));
    const request = fc.record({
      replica: fc.nat(2),
      number: fc.constantFrom("A 1", "a-1", "B2"),
      key: fc.constantFrom(undefined, undefined, "one", "two"),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 12 }), async (requests) => {
        run += 1;
        const answers = await Promise.all(
          requests.map(({ replica, number, key }) => {
            const company = { legalName: "A", businessNumber: `${number}-${run}` };
            const headers = key === undefined ? {} : { "Idempotency-Key": `${key}-${run}` };
            return create(servers[replica]?.origin ?? "", company, headers);
          }),
        );
        for (const number of [`A1${run}`, `B2${run}`]) {
          const responses = requests
            .flatMap((each, index) => {
              const answer = answers[index];
              return answer === undefined ? [] : [{ ...each, answer }];
            })
            .filter((each) => `${normaliseIdentifier(each.number)}${run}` === number);
          const isReplay = ({ answer }: (typeof responses)[number]): boolean =>
            answer.headers.has("Idempotent-Replayed");
          const done = responses.filter(({ answer: { status } }) => status === 201);
          const first = done.filter((each) => !isReplay(each));
          const rows = `select from company where business_number = '${number}'`;
          equal(first.length, (await queryRows(database, rows)).length);
          const isWanted = responses.some(({ key }) => key === undefined);
          equal(first.length, isWanted ? 1 : first.length % 2);
          for (const { key, answer } of done.filter(isReplay)) {
            equal(key, first[0]?.key);
            deepEqual(answer.body, first[0]?.answer.body);
          }
          const others = responses.filter((each) => !done.includes(each));
          for (const { key, answer } of others) {
            equal(key !== undefined && key === first[0]?.key, false, "a repetition is refused");
            equal(answer.status === 409 || (key !== undefined && answer.status === 422), true);
          }
        }
      }),
      { numRuns: 40, interruptAfterTimeLimit: 10_000 },
    );
  });

  it("are counted as violations if PostgreSQL's constraint rejects them", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    const elsewhere = await insertElsewhere(database);
    const creation = create(origin, COMPANY);
    await waitForBlocked(database);
    await elsewhere.query("commit");
    const { status, headers, body } = await creation;
    equal(status, 409);
    equal(headers.get("Link"), '</companies/HRB1>; rel="related"');
    equal((body as { company: string }).company, "/companies/HRB1");
    equal(await metric(origin, "companies_constraint_violations_total"), 1);
    equal(await metric(origin, "companies_refused_early_total"), 0);
  });

  it("succeed if the other one is rolled back", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    const elsewhere = await insertElsewhere(database);
    const creation = create(origin, COMPANY);
    await waitForBlocked(database);
    await elsewhere.query("rollback");
    equal((await creation).status, 201);
  });

  it("do not block creations of other numbers, and time out", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    const elsewhere = await insertElsewhere(database);
    const stuck = times(8, () => create(origin, COMPANY));
    await waitForBlocked(database);
    equal((await create(origin, { ...COMPANY, businessNumber: "HRB 2" })).status, 201);
    for (const { status, headers } of await Promise.all(stuck)) {
      equal(status, 503);
      match(headers.get("Retry-After") ?? "", /^[1-5]$/);
    }
    await elsewhere.query("rollback");
    equal((await create(origin, COMPANY)).status, 201);
  });
});

describe("migrations", () => {
  const postgres = usePostgres();

  afterEach(stopCompanyServers);

  it("run once if five replicas start at the same time, and all become ready", async () => {
    const database = await postgres.newDatabase();
    const servers = await Promise.all(times(5, () => startUnreadyServer(database)));
    await waitFor("all are ready", () =>
      servers.every(({ server }) => server.lifecycle.phase === "ready"),
    );
    const made = servers.flatMap(({ log }) =>
      log.filter((line) => line.includes('"msg":"migration"')),
    );
    equal(made.length, 1);
    match(made[0] ?? "", /"migration":"0001-company","status":"Success"/);
    deepEqual(await queryRows(database, "select name from company_migration"), [
      { name: "0001-company" },
    ]);
    const answers = await Promise.all(
      servers.map(({ origin }, index) =>
        create(origin, { legalName: "A", businessNumber: `HRB ${index}` }),
      ),
    );
    deepEqual(statusesOf(answers), { 201: 5 });
  });

  it("wait for those of another replica, which is not ready and answers 503 until then", async () => {
    const database = await postgres.newDatabase();
    const other = new Client(database);
    await other.connect();
    // The lock with which Kysely serialises migrations.
    await other.query("select pg_advisory_lock(3853314791062309107)");
    const { server, origin } = await startUnreadyServer(database);
    await waitFor("it waits", async () => {
      const waiting =
        "select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
      return (await queryRows(database, waiting)).length === 1;
    });
    equal(server.lifecycle.phase, "starting");
    equal((await create(origin, COMPANY)).status, 503);
    equal((await fetch(`${origin}/`)).status, 200);
    await other.end();
    await waitFor("it is ready", () => server.lifecycle.phase === "ready");
    equal((await create(origin, COMPANY)).status, 201);
  });

  it("keep the companies of a database that already has the tables", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startCompanyServer(database);
    await create(origin, COMPANY);
    await stopCompanyServers();
    const again = await startCompanyServer(database);
    equal((await create(again.origin, COMPANY)).status, 409);
  });
});
