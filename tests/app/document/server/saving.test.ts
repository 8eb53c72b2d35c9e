import { deepEqual, equal, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { metric } from "../../../drivers/metrics.ts";
import {
  closeEditors,
  converge,
  keepWriting,
  openDocument,
} from "../../../drivers/documentEditor.ts";
import { base, crowded } from "../documentAttacks.ts";
import {
  confirmations,
  endRaw,
  hello,
  openRaw,
  updateFrame,
} from "../../../support/documentFrames.ts";
import { startDocumentProcess } from "../documentProcess.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { endRuns } from "../../../drivers/localRun.ts";
import { closeRelays, queryRows, startRelay, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

describe("saving", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    await closeRelays();
    closeEditors();
    endRaw();
    await stopDocumentServers();
    await endRuns();
  });

  it("precedes showing: nobody sees a change, also not as saved, before PostgreSQL has it", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin } = await startDocumentServer(relay.url);
    const id = await newDocument(origin);
    const [ada, bob] = await Promise.all([openDocument(id, origin), openDocument(id, origin)]);
    ada.write("before");
    await converge([ada, bob]);
    relay.hang();
    ada.write("meanwhile");
    await sleep(1000);
    equal(ada.isSaved, false);
    deepEqual(bob.paragraphs, ["before"]);
    // A new editor gets only what is saved.
    const raw = await openRaw(origin, id);
    raw.socket.send(hello(id));
    await sleep(200);
    ok(!raw.received.some((data) => data.includes("meanwhile")));
    relay.heal();
    await converge([ada, bob]);
    deepEqual(bob.paragraphs, ["meanwhile", "before"]);
    deepEqual([...ada.closed, ...bob.closed], []);
  });

  it("is retried if its outcome is unknown, and the change is shown once", async () => {
    const database = await postgres.newDatabase();
    const relay = await startRelay(database);
    const { origin } = await startDocumentServer(relay.url);
    const id = await newDocument(origin);
    const [ada, bob] = await Promise.all([openDocument(id, origin), openDocument(id, origin)]);
    relay.cutAnswerTo("commit");
    ada.write("only once");
    await converge([ada, bob]);
    deepEqual(bob.paragraphs, ["only once"]);
    bob.write("and this");
    await converge([ada, bob]);
    // It was done both times, which is the same as once, and no other replica's doing.
    const { length } = await queryRows(database, "select from document_update");
    equal(length, 4);
    equal(await metric(origin, "document_updates_saved_total"), 2);
    deepEqual((await openDocument(id, origin)).paragraphs, ["and this", "only once"]);
    // And the replica knows that it has all.
    closeEditors();
    await waitFor("all have left", async () => (await metric(origin, "documents_loaded")) === 0);
    equal(await metric(origin, "document_hops_total"), 0);
    deepEqual(await queryRows(database, "select number::int from document_version"), [
      { number: 4 },
    ]);
  });

  it("has happened for everything that was shown as saved if a replica is killed and no editor returns", async () => {
    const database = await postgres.newDatabase();
    const replica = await startDocumentProcess(database, "document-0");
    const id = await newDocument(replica.origin);
    const editors = await Promise.all(
      Array.from({ length: 10 }, () => openDocument(id, replica.origin)),
    );
    const stop = keepWriting(editors);
    await waitFor("all have something saved", () =>
      editors.every(({ acknowledged }) => acknowledged.length > 10),
    );
    replica.child.kill("SIGKILL");
    const acknowledged = editors.flatMap((editor) => editor.acknowledged);
    closeEditors();
    await stop();
    await replica.ended;
    const { origin } = await startDocumentServer(database);
    const kept = new Set((await openDocument(id, origin)).paragraphs);
    ok(acknowledged.length > 100);
    deepEqual(
      acknowledged.filter((each) => !kept.has(each)),
      [],
    );
  });

  it("fails while PostgreSQL is unavailable, and the editor and the log get that reason", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin, log } = await startDocumentServer(relay.url);
    const id = await newDocument(origin);
    const raw = await openRaw(origin, id);
    [hello(id), updateFrame(id, base())].forEach((each) => raw.socket.send(each));
    await waitFor("the first one is saved", () => confirmations(raw, id) === 1);
    relay.refuse();
    raw.socket.send(updateFrame(id, crowded(200)));
    await waitFor("it is closed", () => raw.closed !== undefined);
    deepEqual(raw.closed, {
      code: 4014,
      reason: "the last changes are not saved: the database is unavailable; try again",
    });
    ok(log.some((line) => /"level":40.*"cannot check an update now"/.test(line)));
    deepEqual(
      log.filter((line) => line.includes("an editor failed")),
      [],
    );
    relay.heal();
  });

  it("of one document continues while another one is written to at full speed", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const [id, other] = [await newDocument(origin), await newDocument(origin)];
    const busy = await Promise.all(Array.from({ length: 5 }, () => openDocument(other, origin)));
    const quiet = await openDocument(id, origin);
    const stop = keepWriting(busy);
    for (let word = 0; word < 20; word++) {
      quiet.write(`word ${word}`);
      await quiet.saved();
    }
    await stop();
    await converge(busy);
    equal((await openDocument(id, origin)).paragraphs.length, 20);
  });

  it("closes an editor's connection if it takes too long, and drops the editor's later updates", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin } = await startDocumentServer(relay.url, { maxSaveSeconds: 2 });
    const id = await newDocument(origin);
    const ada = await openDocument(id, origin);
    const updates: Uint8Array[] = [];
    ada.doc.on("update", (update) => updates.push(update));
    await ada.disconnect();
    ada.write("first");
    ada.write("second");
    const raw = await openRaw(origin, id);
    raw.socket.send(hello(id));
    relay.refuse();
    for (const update of updates) {
      raw.socket.send(updateFrame(id, update));
      await sleep(1000);
    }
    // While the second could still be saved.
    const refusals = 'document_refused_total{reason="unavailable"}';
    await waitFor("the first is late", async () => (await metric(origin, refusals)) === 1);
    relay.heal();
    await waitFor("it is closed", () => raw.closed !== undefined);
    deepEqual(raw.closed, {
      code: 4014,
      reason: "the last changes are not saved: the database is unavailable; try again",
    });
    const bob = await openDocument(id, origin);
    deepEqual(bob.paragraphs, []);
    equal((await queryRows(relay.url, "select from document_update")).length, 1);
    ada.connect();
    await converge([ada, bob]);
    deepEqual(bob.paragraphs, ["second", "first"]);
  });
});
