import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { Database, DATABASE_RULES } from "../../../../app/common/database/database.ts";
import { parseSettings } from "../../../../app/contract/settings.ts";
import { VersionStore } from "../../../../app/document/storage/versionStore.ts";
import { DocumentRepository } from "../../../../app/document/storage/documentRepository.ts";
import { MIGRATIONS, type DocumentTables } from "../../../../app/document/storage/migrations.ts";
import { UpdateStore } from "../../../../app/document/storage/updateStore.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";

describe("stores of documents", () => {
  const postgres = usePostgres();
  const open = new Set<Database<DocumentTables>>();
  const replicaId = randomUUID();
  const state = Buffer.from("state");

  afterEach(async () => {
    await Promise.all([...open].map((database) => database.close()));
    open.clear();
  });

  const connect = (url: string): Database<DocumentTables> => {
    const settings = { DATABASE_URL: url, DATABASE_TLS: "off" };
    const log = pino({ level: "silent" });
    const database = new Database<DocumentTables>(parseSettings(DATABASE_RULES, settings), log);
    open.add(database);
    return database;
  };

  /** A document with so many updates. */
  const start = async (updates: number): Promise<{ url: string; id: string }> => {
    const url = await postgres.newDatabase();
    const database = connect(url);
    await database.migrate(MIGRATIONS);
    const { id } = await new DocumentRepository(database.db, replicaId).create("");
    const store = new UpdateStore(database.db, replicaId);
    const batch = Array.from({ length: updates - 1 }, () => ({
      documentId: id,
      update: state,
      basis: 1,
    }));
    await store.save(batch);
    return { url, id };
  };

  it("compacts once, however many replicas do so at the same time, and deletes all updates in the snapshot", async () => {
    const { url, id } = await start(3000);
    const stores = Array.from({ length: 5 }, () => new UpdateStore(connect(url).db, replicaId));
    const written = await Promise.all(
      stores.map((store) => store.compact(id, { number: 2500, state })),
    );
    equal(written.filter(Boolean).length, 1);
    deepEqual(
      await queryRows(url, "select min(number)::int, max(number)::int from document_update"),
      [{ min: 2501, max: 3000 }],
    );
  });

  it("never goes back to an older snapshot", async () => {
    const { url, id } = await start(20);
    const store = new UpdateStore(connect(url).db, replicaId);
    equal(await store.compact(id, { number: 10, state }), true);
    equal(await store.compact(id, { number: 9, state: Buffer.from("older") }), false);
    equal(await store.compact(id, { number: 11, state }), true);
    deepEqual(await queryRows(url, "select number::int, state from document_snapshot"), [
      { number: 11, state },
    ]);
  });

  /** Numbers of the updates of which there are versions. */
  const versionsOf = async (url: string): Promise<number[]> => {
    const kept = await queryRows<{ number: number }>(
      url,
      "select number::int from document_version order by id",
    );
    return kept.map(({ number }) => number);
  };

  /** Lets time pass for the versions. */
  const age = (url: string, time: string): Promise<unknown> =>
    queryRows(url, "update document_version set created_at = created_at - $1::interval", [time]);

  it("keeps the last 50 automatic versions, and one for each state", async () => {
    const { url, id } = await start(1);
    const archive = new VersionStore(connect(url).db);
    await archive.add(id, { number: 1, state }, "asked for");
    equal(await archive.addUntitled(id, { number: 1, state }), false);
    for (let number = 2; number <= 60; number++) {
      equal(await archive.addUntitled(id, { number, state }), true);
      equal(await archive.addUntitled(id, { number, state }), false);
      await age(url, "20 minutes");
    }
    deepEqual(await versionsOf(url), [1, ...Array.from({ length: 50 }, (_, index) => index + 11)]);
  });

  it("keeps at most two automatic versions of a quarter of an hour", async () => {
    const { url, id } = await start(1);
    const archive = new VersionStore(connect(url).db);
    for (let minute = 2; minute <= 42; minute++) {
      equal(await archive.addUntitled(id, { number: minute, state }), true);
      await archive.add(id, { number: 1, state }, "asked for");
      await age(url, "1 minute");
    }
    const kept = (await versionsOf(url)).filter((number) => number > 1);
    deepEqual(kept, [2, 16, 30, 42]);
  });

  it("keeps no more than 100 versions with a title", async () => {
    const { url, id } = await start(1);
    const archive = new VersionStore(connect(url).db);
    for (let each = 0; each < 100; each++) {
      equal((await archive.add(id, { number: 1, state }, "A"))?.title, "A");
    }
    equal(await archive.add(id, { number: 1, state }, "A"), undefined);
    equal((await archive.list(id)).length, 100);
  });

  it("numbers updates without a gap, however many replicas save at the same time", async () => {
    const { url, id } = await start(1);
    const other = await new DocumentRepository(connect(url).db, replicaId).create("");
    const stores = Array.from({ length: 4 }, () => new UpdateStore(connect(url).db, randomUUID()));
    const batches = stores.flatMap((store, index) =>
      Array.from({ length: 25 }, (_, round) =>
        // In another order each time, so locking in that order would deadlock.
        store.save(
          [id, other.id, id]
            .toSorted(() => ((index + round) % 3) - 1)
            .map((documentId) => ({
              documentId,
              update: state,
              basis: 1,
            })),
        ),
      ),
    );
    const numbers = (await Promise.all(batches)).flat();
    equal(numbers.length, 300);
    deepEqual(
      await queryRows(
        url,
        `select count(*)::int, max(number)::int as last, max(last_update)::int as told
        from document_update join document on id = document_id group by id order by count`,
      ),
      [
        { count: 101, last: 101, told: 101 },
        { count: 201, last: 201, told: 201 },
      ],
    );
  });

  it("saves nothing for a document that does not exist, and reports so", async () => {
    const { url, id } = await start(1);
    const store = new UpdateStore(connect(url).db, replicaId);
    const batch = [id, randomUUID(), id].map((documentId) => ({
      documentId,
      update: state,
      basis: 1,
    }));
    deepEqual(await store.save(batch), [2, undefined, 3]);
  });
});
