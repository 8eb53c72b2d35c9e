import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type Postgres, type PostgresData } from "../../local/postgres.ts";
import { descendantsOf, isAlive, parentOf } from "../support/localRun.ts";
import { queryRows } from "../support/postgres.ts";
import { waitFor } from "../support/waitFor.ts";

const MAX_CONNECTIONS = 25;

describe("PostgreSQL on one computer", () => {
  let folder: string;
  const running: Postgres[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "postgres-test-"));
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(data: PostgresData = { folder }): Promise<Postgres> {
    const postgres = await startPostgres(data, MAX_CONNECTIONS);
    running.push(postgres);
    return postgres;
  }

  const portOf = ({ url }: Postgres): number => Number(new URL(url).port);

  it("keeps data, and its URL on the same port, from one start to the next", async () => {
    const first = await start();
    await queryRows(first.url, "create table kept as select 'Ä' as name");
    await first.stop();
    equal(isAlive(first.pid), false);
    const second = await start({ folder, port: portOf(first) });
    equal(second.url, first.url);
    deepEqual(await queryRows(second.url, "select lower(name) from kept"), [{ lower: "ä" }]);
  });

  it("starts at once after it was killed, with all that was acknowledged", async () => {
    const first = await start();
    await queryRows(first.url, "create table kept (id int)");
    await queryRows(first.url, "insert into kept values (7)");
    process.kill(first.pid, "SIGKILL");
    const second = await start({ folder, port: portOf(first) });
    deepEqual(await queryRows(second.url, "select id from kept"), [{ id: 7 }]);
  });

  it("ends when the process that keeps it is killed", async () => {
    const postgres = await start();
    const all = [postgres.pid, ...descendantsOf(postgres.pid)];
    process.kill(parentOf(postgres.pid) ?? 0, "SIGKILL");
    await postgres.ended;
    await waitFor("nothing of it is left", () => !all.some(isAlive));
  });

  it("refuses data that another one uses, which goes on", async () => {
    const first = await start();
    await rejects(start(), {
      message:
        `${folder} is in use by another PostgreSQL, process ${first.pid}: ` +
        "allowed is one run on the same data; end that run, or take --ephemeral",
    });
    equal((await queryRows(first.url, "select 1")).length, 1);
  });

  it("refuses data of another version, and data that are not whole", async () => {
    await (await start()).stop();
    const version = join(folder, "data", "PG_VERSION");
    const own = readFileSync(version, "utf8");
    writeFileSync(version, "17\n");
    await rejects(start(), {
      message:
        `${folder} holds data of PostgreSQL 17: allowed are data of the version that runs here; ` +
        `delete ${folder} to begin anew, or take --ephemeral`,
    });
    writeFileSync(version, own);
    rmSync(join(folder, "data", "global", "pg_control"));
    await rejects(start(), /cannot be used by PostgreSQL: .*pg_control.*; put that right, delete/);
  });

  it("begins anew where making the data was interrupted", async () => {
    await (await start()).stop();
    const half = join(folder, "data.part");
    renameSync(join(folder, "data"), half);
    const { url } = await start();
    equal((await queryRows(url, "select 1")).length, 1);
    equal(existsSync(half), false);
  });

  it("leaves nothing of ephemeral data", async () => {
    const postgres = await start({ ephemeral: true });
    const [{ data_directory: data = "" } = {}] = await queryRows<Record<string, string>>(
      postgres.url,
      "show data_directory",
    );
    equal(existsSync(data), true);
    await postgres.stop();
    equal(existsSync(join(data, "..")), false);
  });

  it("lets nobody in without the password, which nobody else can read", async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = "wrong";
    await rejects(queryRows(wrong.href, "select 1"), { code: "28P01" });
    equal(statSync(folder).mode & 0o777, 0o700);
    equal(statSync(join(folder, "password")).mode & 0o777, 0o600);
  });

  it("listens on loopback only, for as many connections as it was told", async () => {
    const { url } = await start();
    const settings = ["listen_addresses", "unix_socket_directories", "max_connections", "fsync"];
    const rows = await queryRows<{ value: string }>(
      url,
      "select current_setting(name) as value from unnest($1::text[]) with ordinality t(name, n) order by n",
      [settings],
    );
    deepEqual(
      rows.map(({ value }) => value),
      ["127.0.0.1", "", String(MAX_CONNECTIONS), "on"],
    );
  });
});
