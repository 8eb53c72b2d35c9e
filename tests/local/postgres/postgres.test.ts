import { deepEqual, doesNotMatch, equal, ok, rejects } from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startPostgres,
  type Postgres,
  type PostgresData,
} from "../../../local/postgres/postgres.ts";
import { descendantsOf, isAlive, parentOf, processesWith, signal } from "../../drivers/localRun.ts";
import { queryRows } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

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

  const dataAreMade = (): Promise<void> =>
    waitFor("data are being made", () => readdirSync(folder).length > 0);

  const portOf = ({ url }: Postgres): number => Number(new URL(url).port);

  it("keeps its data, and its URL on the same port, from start to start", async () => {
    const first = await start();
    await queryRows(first.url, "create table kept as select 'Ä' as name");
    await first.stop();
    equal(isAlive(first.pid), false);
    // As an earlier version left it where there was a file of that name.
    chmodSync(join(folder, "password"), 0o644);
    const second = await start({ folder, port: portOf(first) });
    equal(second.url, first.url);
    deepEqual(await queryRows(second.url, "select lower(name) from kept"), [{ lower: "ä" }]);
    equal(statSync(join(folder, "password")).mode & 0o777, 0o600);
  });

  it("starts again after it was killed, with everything that was committed", async () => {
    const first = await start();
    await queryRows(first.url, "create table kept (id int)");
    await queryRows(first.url, "insert into kept values (7)");
    process.kill(first.pid, "SIGKILL");
    const second = await start({ folder, port: portOf(first) });
    deepEqual(await queryRows(second.url, "select id from kept"), [{ id: 7 }]);
  });

  it("starts again after it was killed before it accepted connections", async () => {
    await (await start()).stop();
    for (;;) {
      const starting = start();
      const servers = (): number[] => processesWith(`-D\0${folder}/data\0`);
      await waitFor("it is started", () => servers().length > 0);
      const [killed = 0] = servers();
      process.kill(killed, "SIGKILL");
      const { pid, ended, url } = await starting;
      if (pid === killed) {
        // It was faster than this test.
        await ended;
      } else {
        equal((await queryRows(url, "select 1")).length, 1);
        return;
      }
    }
  });

  it("exits when its parent process is killed", async () => {
    const postgres = await start();
    const all = [postgres.pid, ...descendantsOf(postgres.pid)];
    signal(parentOf(postgres.pid), "SIGKILL");
    await postgres.ended;
    await waitFor("nothing of it is left", () => !all.some(isAlive));
  });

  it("rejects data that another server uses, which keeps running", async () => {
    const first = await start();
    await rejects(start(), (error: Error) => {
      equal(error.name, "SettingsError");
      ok(error.message.includes(folder) && error.message.includes(`process ${first.pid}`));
      doesNotMatch(error.message, /delete/);
      return true;
    });
    equal((await queryRows(first.url, "select 1")).length, 1);
  });

  it("starts over if creating the data was interrupted, and leaves nothing of the attempt", async () => {
    const starting = start();
    await dataAreMade();
    const [starter = 0] = processesWith(`"folder":"${folder}"`);
    process.kill(starter, "SIGKILL");
    await rejects(starting);
    equal(existsSync(join(folder, "password")), false);
    await waitFor("nothing of it is left", () => processesWith(folder).length === 0);
    const { url } = await start();
    equal((await queryRows(url, "select 1")).length, 1);
    deepEqual(readdirSync(folder).sort(), ["data", "password"]);
  });

  it("starts over if an earlier version was interrupted", async () => {
    await (await start()).stop();
    renameSync(join(folder, "data"), join(folder, "data.part"));
    const { url } = await start();
    equal((await queryRows(url, "select 1")).length, 1);
    deepEqual(readdirSync(folder).sort(), ["data", "password"]);
  });

  it("keeps a password that another process has written meanwhile", async () => {
    const starting = start();
    await dataAreMade();
    writeFileSync(join(folder, "password"), "mine");
    await rejects(starting, { name: "SettingsError", message: /EEXIST/ });
    deepEqual(readdirSync(folder), ["password"]);
    equal(readFileSync(join(folder, "password"), "utf8"), "mine");
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

  it("requires the password, which no other user can read", async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = "wrong";
    await rejects(queryRows(wrong.href, "select 1"), { code: "28P01" });
    equal(statSync(folder).mode & 0o777, 0o700);
    equal(statSync(join(folder, "password")).mode & 0o777, 0o600);
  });

  it("listens on loopback only, for the configured number of connections", async () => {
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
