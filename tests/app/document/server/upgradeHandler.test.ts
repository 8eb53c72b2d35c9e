import { deepEqual, equal } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import * as Y from "yjs";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, openDocument } from "../../../drivers/documentEditor.ts";
import { endRaw, hello, openRaw, updateFrame } from "../../../support/documentFrames.ts";
import {
  newDocument,
  startDocumentServer,
  startUnreadyDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { closeRelays, queryRows, startRelay, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** Lets whatever is asked of the documents wait until the answer is called. */
async function lockDocuments(database: string): Promise<() => Promise<void>> {
  const client = new Client(database);
  await client.connect();
  await client.query("begin");
  await client.query("lock table document");
  return () => client.end();
}

/** Whether something waits for that. */
async function isWaiting(database: string): Promise<boolean> {
  const waiting =
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  return (await queryRows(database, waiting)).length > 0;
}

describe("the WebSocket of a document", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    await closeRelays();
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  const statusOf = async (origin: string, id: string, headers = {}): Promise<unknown> => {
    const { answer } = await openRaw(origin, id, { headers });
    equal(answer?.headers["x-replica"], "document-0");
    return answer.status;
  };

  it("is at the document's URL, for its own page and for clients that are not pages", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const { host } = new URL(origin);
    equal(await statusOf(origin, id), 101);
    equal(await statusOf(origin, `${id}?a=b`), 101);
    equal(await statusOf(origin, id, { Origin: origin }), 101);
    equal(await statusOf(origin, id, { Origin: "https://a.example", Host: "a.example" }), 101);
    equal(await statusOf(origin, id, { Origin: "http://a.example", Host: "a.example:80" }), 101);
    for (const foreign of ["https://evil.example", "null", `http://${host}0`, "http://127.0.0.1"]) {
      equal(await statusOf(origin, id, { Origin: foreign }), 403);
    }
    equal(await metric(origin, 'document_refused_total{reason="origin"}'), 4);
  });

  it("does not exist for a document that does not exist", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    for (const none of [randomUUID(), id.toUpperCase(), "x", `${id}/versions`, "%00", ""]) {
      equal(await statusOf(origin, none), 404, none);
    }
    equal(await metric(origin, "documents_loaded"), 0);
  });

  it("names its replica, which unloads the document when everybody has left", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const editor = await openDocument(id, origin);
    deepEqual(editor.stateless, ['{"type":"replica","name":"document-0"}']);
    equal(await metric(origin, "documents_loaded"), 1);
    equal(await metric(origin, "document_connections"), 1);
    editor.close();
    await waitFor("it is gone", async () => (await metric(origin, "documents_loaded")) === 0);
    equal(await metric(origin, "document_connections"), 0);
  });

  it("leaves no document in memory after a handshake that fails", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const { host, port } = new URL(origin);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(
      `GET /documents/${id} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    let answer = "";
    socket.on("data", (data) => (answer += String(data)));
    await new Promise((resolve) => socket.once("close", resolve));
    equal(answer.split("\r\n")[0], "HTTP/1.1 400 Bad Request");
    await waitFor("it is gone", async () => (await metric(origin, "documents_loaded")) === 0);
  });

  it("leaves no document in memory if the client disconnects while the document is loaded", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const id = await newDocument(origin);
    const release = await lockDocuments(database);
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /documents/${id} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    await waitFor("it is being opened", () => isWaiting(database));
    socket.resetAndDestroy();
    await sleep(100);
    await release();
    await waitFor("it was opened", async () => {
      return (await metric(origin, "document_open_seconds_count")) === 1;
    });
    await waitFor("it is gone", async () => (await metric(origin, "documents_loaded")) === 0);
  });

  it("closes with 4014 while the database is unavailable, so a provider reconnects", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    const { origin } = await startDocumentServer(relay.url);
    const id = await newDocument(origin);
    relay.refuse();
    const raw = await openRaw(origin, id);
    await waitFor("it is closed", () => raw.closed !== undefined);
    deepEqual(raw.closed, {
      code: 4014,
      reason: "the document cannot be opened now; try again",
    });
    const waiting = openDocument(id, origin);
    relay.heal();
    equal((await waiting).isSaved, true);
  });

  it("closes with 4014 until the tables exist", async () => {
    const relay = await startRelay(await postgres.newDatabase());
    relay.refuse();
    const { origin, server, log } = await startUnreadyDocumentServer(relay.url);
    const raw = await openRaw(origin, randomUUID());
    await waitFor("it is closed", () => raw.closed !== undefined);
    equal(raw.closed?.code, 4014);
    // Nothing begins when it has ended.
    await server.drain();
    await sleep(300);
    deepEqual(
      log.filter((line) => line.includes("exchange presence")),
      [],
    );
  });

  it("accepts editors while the replica drains, then rejects them, and closes with 4012", async () => {
    const { origin, server } = await startDocumentServer(await postgres.newDatabase(), {
      drainSeconds: 1,
    });
    const id = await newDocument(origin);
    const raw = await openRaw(origin, id);
    raw.socket.send(hello(id));
    const drained = server.drain();
    equal((await fetch(`${origin}/readyz`)).status, 503);
    equal(await statusOf(origin, id), 101);
    // It keeps the server open while the others are closed.
    const idle = connect(Number(new URL(origin).port), "127.0.0.1");
    await waitFor("it closes", () => server.lifecycle.isClosing);
    equal(await statusOf(origin, id), 503);
    idle.destroy();
    await waitFor("it is closed", () => raw.closed !== undefined);
    deepEqual(raw.closed, { code: 4012, reason: "the replica is going away" });
    await drained;
  });

  it("closes when what its editor has sent is saved, and drops what the editor sends later", async () => {
    const database = await postgres.newDatabase();
    const { origin, server } = await startDocumentServer(database);
    const id = await newDocument(origin);
    const raw = await openRaw(origin, id);
    raw.socket.send(hello(id));
    await waitFor("it is let in", () => raw.received.length > 0);
    const doc = new Y.Doc();
    doc.on("update", (update) => raw.socket.send(updateFrame(id, update)));
    const release = await lockDocuments(database);
    doc.getText("title").insert(0, "in time");
    await waitFor("it is being saved", () => isWaiting(database));
    const drained = server.drain();
    await waitFor("it closes", () => server.lifecycle.isClosing);
    doc.getText("title").insert(0, "not ");
    await sleep(100);
    equal(raw.socket.readyState, raw.socket.OPEN);
    await release();
    await drained;
    equal(raw.closed?.code, 4012);
    equal((await queryRows(database, "select from document_update")).length, 2);
  });
});
