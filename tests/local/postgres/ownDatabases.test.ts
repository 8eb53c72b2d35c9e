import { deepEqual, doesNotMatch, rejects } from "node:assert/strict";
import { pino } from "pino";
import { makeOwnDatabases } from "../../../local/postgres/ownDatabases.ts";
import { startPostgres, type Postgres } from "../../../local/postgres/postgres.ts";
import { queryRows } from "../../drivers/postgres.ts";

const REFUSED = { code: "42501" };

describe("the workloads' own databases in the local run's PostgreSQL", () => {
  let postgres: Postgres;
  let said = "";

  before(async () => {
    const log = pino({ level: "debug" }, { write: (line) => (said += line) });
    postgres = await startPostgres({ ephemeral: true }, 20, { log });
  });
  after(() => postgres.stop());

  function urlOf(role: string, password: string, database = role): string {
    const url = Object.assign(new URL(postgres.url), { username: role, password });
    return Object.assign(url, { pathname: `/${database}` }).href;
  }

  it("belong to their roles, to which every other database is closed", async () => {
    const passwords = new Map([
      ["workload-my-chat", "first's"],
      ["workload-board", "second"],
    ]);
    await makeOwnDatabases(postgres.url, passwords);
    for (const [role, password] of passwords) {
      await queryRows(urlOf(role, password), "create table note (text text)");
      await queryRows(urlOf(role, password), `insert into note values ('of ${role}')`);
      const others = ["template1", ...passwords.keys()].filter((each) => each !== role);
      for (const database of others) {
        await rejects(queryRows(urlOf(role, password, database), "select 1"), REFUSED, database);
      }
    }
  });

  it("keep their data under the next run's passwords, also those of workloads that are gone", async () => {
    await makeOwnDatabases(postgres.url, new Map([["workload-board", "another"]]));
    await rejects(queryRows(urlOf("workload-board", "second"), "select 1"), { code: "28P01" });
    for (const [role, password] of [
      ["workload-board", "another"],
      ["workload-my-chat", "first's"],
    ] as const) {
      deepEqual(await queryRows(urlOf(role, password), "select text from note"), [
        { text: `of ${role}` },
      ]);
    }
  });

  it("have passwords that no log contains", () => {
    doesNotMatch(said, /first's|another/);
  });
});
