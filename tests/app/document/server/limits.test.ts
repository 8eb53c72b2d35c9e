import { deepEqual, equal, match, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as Y from "yjs";
import type { DocumentLimits } from "../../../../app/document/limits.ts";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, openDocument } from "../../../drivers/documentEditor.ts";
import {
  endRaw,
  hello,
  mergeFrame,
  openRaw,
  presenceFrame,
  questionFrame,
  refusalOf,
  updateFrame,
  type RawEditor,
} from "../../../support/documentFrames.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

const KIB = 1024;

/** An update that adds so many characters to a document's title. */
function updateOfLength(length: number): Uint8Array {
  const doc = new Y.Doc();
  doc.getText("title").insert(0, randomBytes(length).toString("hex").slice(0, length));
  return Y.encodeStateAsUpdate(doc);
}

const nothing = Y.encodeStateVector(new Y.Doc());

describe("the document collaborator's limits", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  const start = async (
    limits: Partial<DocumentLimits>,
  ): Promise<{ origin: string; id: string }> => {
    const { origin } = await startDocumentServer(await postgres.newDatabase(), limits);
    return { origin, id: await newDocument(origin) };
  };

  const refused = (origin: string, reason: string): Promise<number | undefined> =>
    metric(origin, `document_refused_total{reason="${reason}"}`);

  it("close an editor with 4009 if its update is larger than a document may be, typed online or offline", async () => {
    const { origin, id } = await start({ maxDocumentBytes: 8 * KIB });
    const small = updateOfLength(2 * KIB - 100);
    const large = updateOfLength(4 * KIB);
    const tooLarge = updateOfLength(9 * KIB);
    for (const frame of [updateFrame(id, tooLarge), mergeFrame(id, tooLarge)]) {
      deepEqual(await refusalOf(origin, id, [hello(id), frame]), {
        code: 4009,
        reason: `an update has ${tooLarge.byteLength} bytes; the limit is 8192`,
      });
    }
    equal(await refused(origin, "document-bytes"), 2);
    const raw = await openRaw(origin, id);
    [hello(id), updateFrame(id, small), mergeFrame(id, large)].forEach((each) =>
      raw.socket.send(each),
    );
    const reader = await openDocument(id, origin);
    await waitFor(
      "both are there",
      () => reader.doc.getText("title").length === 2 * KIB - 100 + 4 * KIB,
    );
    equal(raw.closed, undefined);
  });

  it("close an editor with 1009 if its frame is larger than any document", async () => {
    const { origin, id } = await start({ maxDocumentBytes: 8 * KIB });
    const closed = await refusalOf(origin, id, [hello(id), new Uint8Array(200 * KIB)]);
    equal(closed?.code, 1009);
  });

  it("close an editor with 4009 if its update makes the document too large, and let the document shrink and grow again", async () => {
    const { origin, id } = await start({ maxDocumentBytes: 8 * KIB });
    const editor = await openDocument(id, origin);
    const title = editor.doc.getText("title");
    title.insert(0, "x".repeat(6 * KIB));
    await editor.saved();
    const closed = await refusalOf(origin, id, [
      hello(id),
      updateFrame(id, updateOfLength(3 * KIB)),
    ]);
    equal(closed?.code, 4009);
    match(closed.reason, /^the document would have \d+ bytes; the limit is 8192$/);
    equal(await refused(origin, "document-bytes"), 1);
    // More in all than the document may have, but never at once.
    for (let round = 0; round < 5; round++) {
      title.delete(0, title.length);
      title.insert(0, "y".repeat(6 * KIB));
      await editor.saved();
    }
    deepEqual(editor.closed, []);
    equal((await openDocument(id, origin)).doc.getText("title").length, 6 * KIB);
    await waitFor(
      "it is compacted, few as they are",
      async () => ((await metric(origin, "document_compactions_total")) ?? 0) > 0,
    );
  });

  it("let a document that is already too large shrink, but not grow", async () => {
    const database = await postgres.newDatabase();
    const large = await startDocumentServer(database);
    const id = await newDocument(large.origin);
    const writer = await openDocument(id, large.origin);
    writer.doc.getText("title").insert(0, "x".repeat(6 * KIB));
    await writer.saved();
    const { origin } = await startDocumentServer(database, { maxDocumentBytes: 4 * KIB });
    const editor = await openDocument(id, origin);
    const title = editor.doc.getText("title");
    const closed = await refusalOf(origin, id, [hello(id), updateFrame(id, updateOfLength(1))]);
    equal(closed?.code, 4009);
    title.delete(0, KIB);
    await editor.saved();
    title.delete(0, 2 * KIB);
    await editor.saved();
    title.insert(0, "y");
    await editor.saved();
    deepEqual(editor.closed, []);
  });

  const pause = (raw: RawEditor, frames: number, frameOf: () => Uint8Array): boolean => {
    for (let each = 0; each < frames; each++) {
      raw.socket.send(frameOf());
    }
    return raw.closed === undefined;
  };

  for (const [what, frameOf] of [
    ["updates", (id: string) => updateFrame(id, updateOfLength(1))],
    ["presence", (id: string) => presenceFrame(id, { 7: "{}" })],
  ] as const) {
    it(`close an editor with 4008 if it sends ${what} too fast, but accept a burst`, async () => {
      const { origin, id } = await start({ maxUpdatesPerSecond: 20 });
      const raw = await openRaw(origin, id);
      raw.socket.send(hello(id));
      pause(raw, 35, () => frameOf(id));
      await sleep(1500);
      equal(raw.closed, undefined);
      pause(raw, 25, () => frameOf(id));
      await sleep(100);
      equal(raw.closed, undefined);
      pause(raw, 60, () => frameOf(id));
      await waitFor("it is closed", () => raw.closed !== undefined);
      deepEqual(raw.closed, { code: 4008, reason: "more than 20 messages a second" });
      equal(await refused(origin, "rate"), 1);
    });
  }

  it("close an editor with 4008 if it requests the whole document again and again", async () => {
    const { origin, id } = await start({});
    const frames = Array.from({ length: 20 }, () => questionFrame(id, nothing));
    equal((await refusalOf(origin, id, [hello(id), ...frames]))?.code, 4008);
  });

  it("close an editor with 4014 if it does not read the others' changes", async () => {
    const { origin, id } = await start({ maxDocumentBytes: 64 * KIB });
    const lazy = await openRaw(origin, id);
    lazy.socket.send(hello(id));
    await waitFor("it is let in", () => lazy.received.length > 0);
    lazy.socket.pause();
    const editor = await openDocument(id, origin);
    const title = editor.doc.getText("title");
    await waitFor("it is closed", async () => {
      for (let update = 0; update < 20; update++) {
        title.delete(0, title.length);
        title.insert(0, randomBytes(25 * KIB).toString("hex"));
      }
      await editor.saved();
      return (await refused(origin, "slow")) === 1;
    });
    deepEqual(editor.closed, []);
    equal(await metric(origin, "document_connections"), 1);
  });

  it("close an editor with 4013 if the document or the replica has its maximum number of connections", async () => {
    const { origin, id } = await start({ maxConnectionsPerDocument: 2, maxConnections: 3 });
    const other = await newDocument(origin);
    const first = await openRaw(origin, id);
    await openRaw(origin, id);
    deepEqual(await refusalOf(origin, id, []), {
      code: 4013,
      reason: "the document already has 2 connections",
    });
    await openRaw(origin, other);
    deepEqual(await refusalOf(origin, other, []), {
      code: 4013,
      reason: "the replica already has 3 connections",
    });
    equal(await refused(origin, "document-connections"), 1);
    equal(await refused(origin, "connections"), 1);
    first.socket.close();
    await waitFor("one has left", async () => (await metric(origin, "document_connections")) === 2);
    const next = await openRaw(origin, id);
    next.socket.send(hello(id));
    await waitFor("the next is let in", () => next.received.length > 0);
    ok(next.closed === undefined);
  });

  it("close an editor with 4007 if it violates the protocol, or sends somebody else's presence", async () => {
    const { origin, id } = await start({});
    const other = await newDocument(origin);
    const said: [string, (Uint8Array | string)[]][] = [
      ["a message was rejected: it is not binary", ["hello"]],
      ["a message was rejected: it cannot be read", [Uint8Array.of(200)]],
      ["the first message, and no later one, must be the greeting", [questionFrame(id, nothing)]],
      ["the first message, and no later one, must be the greeting", [hello(id), hello(id)]],
      ["a message was rejected: it is about another document", [hello(other)]],
      [
        "a message was rejected: it cannot be read",
        [hello(id), questionFrame(id, Uint8Array.of(9))],
      ],
      [
        "a message was rejected: it contains the presence of several clients",
        [hello(id), presenceFrame(id, { 1: "{}", 2: "{}" })],
      ],
      [
        "a message was rejected: it contains the presence of another client",
        [hello(id), presenceFrame(id, { 1: "{}" }), presenceFrame(id, { 2: "{}" })],
      ],
      [
        "a message was rejected: presence must be an object of at most 20 levels",
        [hello(id), presenceFrame(id, { 1: `{"a":${"[".repeat(30)}${"]".repeat(30)}}` })],
      ],
      [
        "a message was rejected: presence has 20010 bytes; the limit is 16384",
        [hello(id), presenceFrame(id, { 1: JSON.stringify({ a: "x".repeat(19_996) }) })],
      ],
      [
        "a message was rejected: the clock of the presence is above 1099511627776",
        [hello(id), presenceFrame(id, { 1: "{}" }, 2 ** 40 + 1)],
      ],
      [
        "a message was rejected: it contains the presence of an invalid client",
        [hello(id), presenceFrame(id, { [2 ** 32]: "{}" })],
      ],
    ];
    for (const [reason, frames] of said) {
      deepEqual(await refusalOf(origin, id, frames), { code: 4007, reason });
    }
  });
});
