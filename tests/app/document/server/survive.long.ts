import { deepEqual, equal, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Postgres } from "../../../../local/postgres/postgres.ts";
import {
  closeEditors,
  converge,
  Editor,
  keepWriting,
  openDocument,
} from "../../../drivers/documentEditor.ts";
import { startDocumentProcess, type DocumentProcess } from "../documentProcess.ts";
import {
  newDocument,
  startDocumentServer,
  startReplicas,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { endRuns } from "../../../drivers/localRun.ts";
import { newDatabase, usePostgres } from "../../../drivers/postgres.ts";
import { killPostgres, useRestartablePostgres } from "../../restartablePostgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** A server that has nothing but PostgreSQL has all that was ever shown as saved, and what all see. */
async function assertKept(database: string, id: string, editors: readonly Editor[]): Promise<void> {
  const { origin } = await startDocumentServer(database, { replica: "fresh" });
  const { content, paragraphs } = await openDocument(id, origin);
  const kept = new Set(paragraphs);
  const acknowledged = editors.flatMap((editor) => editor.acknowledged);
  deepEqual(
    acknowledged.filter((each) => !kept.has(each)),
    [],
  );
  deepEqual(content, editors[0]?.content);
  // Nothing is there twice.
  equal(kept.size, paragraphs.length);
  deepEqual(editors.flatMap((editor) => editor.written).toSorted(), paragraphs.toSorted());
}

describe("a change that was shown as saved", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    await stopDocumentServers();
    await endRuns();
  });

  /** Editors, each connection of which goes to any running replica. */
  const openAmong = (count: number, id: string, replicas: () => DocumentProcess[]): Editor[] => {
    let next = 0;
    const origin = (): string => {
      const there = replicas();
      return there[next++ % there.length]?.origin ?? "http://127.0.0.1:1";
    };
    return Array.from({ length: count }, () => new Editor(id, origin));
  };

  it("survives while all replicas are killed and replaced one by one, and everybody writes", async () => {
    const database = await postgres.newDatabase();
    const replicas = await Promise.all(
      ["document-0", "document-1"].map((name) => startDocumentProcess(database, name)),
    );
    const id = await newDocument(replicas[0]?.origin ?? "");
    const editors = openAmong(6, id, () => replicas);
    await Promise.all(editors.map((editor) => editor.saved()));
    const stop = keepWriting(editors);
    for (const [index, replica] of replicas.entries()) {
      await sleep(500);
      replica.child.kill("SIGKILL");
      await replica.ended;
      replicas[index] = await startDocumentProcess(database, `document-${index}`);
    }
    await stop();
    await converge(editors);
    ok(editors.some(({ closed }) => closed.length > 0));
    await assertKept(database, id, editors);
  });

  it("survives while all replicas drain one by one, and unsaved changes survive, too", async () => {
    const database = await postgres.newDatabase();
    const replicas = await Promise.all(
      ["document-0", "document-1"].map((name) => startDocumentProcess(database, name)),
    );
    const id = await newDocument(replicas[0]?.origin ?? "");
    const editors = openAmong(8, id, () => replicas);
    await Promise.all(editors.map((editor) => editor.saved()));
    const stop = keepWriting(editors);
    for (const [index, replica] of [...replicas].entries()) {
      await sleep(300);
      // The front sends nobody there any more.
      const left = replicas.splice(replicas.indexOf(replica), 1);
      left.forEach(({ child }) => child.kill("SIGTERM"));
      equal(await replica.ended, 0);
      equal(replica.err, "");
      replicas.push(await startDocumentProcess(database, `document-${index}`));
    }
    await stop();
    await converge(editors);
    const codes = editors.flatMap(({ closed }) => closed.map(({ code }) => code));
    ok(codes.length >= editors.length);
    deepEqual(new Set(codes), new Set([4012]));
    await assertKept(database, id, editors);
  });

  it("survives when all replicas stop, and changes that were made offline are merged afterwards", async () => {
    const database = await postgres.newDatabase();
    const servers = await startReplicas(2, database);
    const origins = servers.map(({ origin }) => origin);
    const id = await newDocument(origins[0] ?? "");
    const editors = await Promise.all(
      [0, 1, 0].map((index) => openDocument(id, origins[index] ?? "")),
    );
    editors.forEach((editor, index) => editor.write(`online ${index}`));
    await converge(editors);
    const [first, second, third] = editors;
    await Promise.all([first?.disconnect(), second?.disconnect()]);
    for (let each = 0; each < 20; each++) {
      first?.write(`first offline ${each}`, each % 3);
      second?.write(`second offline ${each}`, each % 4);
      third?.write(`online meanwhile ${each}`, each % 2);
    }
    second?.doc.getMap("fields").set("status", "draft");
    equal(first?.isSaved, false);
    equal(second?.isSaved, false);
    first.connect();
    second.connect();
    await converge(editors);
    await stopDocumentServers();
    await assertKept(database, id, editors);
  });
});

describe("a change that was shown as saved while PostgreSQL is stopped and started", () => {
  afterEach(async () => {
    closeEditors();
    await stopDocumentServers();
  });
  const start = useRestartablePostgres();

  for (const [what, end, maxSaveSeconds, seconds] of [
    ["stopped for a moment", (running: Postgres) => running.stop(), 20, 0],
    ["stopped for longer than updates wait", (running: Postgres) => running.stop(), 1, 3],
    ["killed", killPostgres, 20, 0],
  ] as const) {
    it(`is not lost, and everybody continues automatically: ${what}`, async () => {
      const running = await start();
      const database = await newDatabase(running.url);
      const servers = await startReplicas(2, database, { maxSaveSeconds });
      const origins = servers.map(({ origin }) => origin);
      const id = await newDocument(origins[0] ?? "");
      const editors = await Promise.all(
        Array.from({ length: 6 }, (_, index) => openDocument(id, origins[index % 2] ?? "")),
      );
      const stop = keepWriting(editors);
      await waitFor("something is saved", () =>
        editors.every(({ acknowledged }) => acknowledged.length > 3),
      );
      await end(running);
      // A connection's own process may outlive that of PostgreSQL for a moment.
      await sleep(300);
      const acknowledged = editors.map((editor) => editor.acknowledged.length);
      await sleep(300 + seconds * 1000);
      deepEqual(
        editors.map((editor) => editor.acknowledged.length),
        acknowledged,
      );
      await start();
      await stop();
      await converge(editors);
      const codes = editors.flatMap(({ closed }) => closed.map(({ code }) => code));
      deepEqual(new Set(codes), new Set(seconds === 0 ? [] : [4014]));
      await assertKept(database, id, editors);
    });
  }
});
