import { equal } from "node:assert/strict";
import { mock } from "node:test";
import { Client } from "pg";
import { WebSocket } from "ws";
import * as Y from "yjs";
import { base, crowded } from "../documentAttacks.ts";
import {
  confirmations,
  endRaw,
  hello,
  openRaw,
  updateFrame,
} from "../../../support/documentFrames.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** An update that is too large to be tried with others. */
function large(): Uint8Array {
  const doc = new Y.Doc();
  doc.getText("title").insert(0, "x".repeat(300 * 1024));
  return Y.encodeStateAsUpdate(doc);
}

describe("an editor whose updates wait to be checked", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    mock.timers.reset();
    mock.restoreAll();
    endRaw();
    await stopDocumentServers();
  });

  it("is not disconnected as silent while the server does not read from it", async () => {
    const database = await postgres.newDatabase();
    const { origin } = await startDocumentServer(database);
    const id = await newDocument(origin);
    // Nothing of a document can be read, and so nothing be checked, until this is rolled back.
    const blocker = new Client(database);
    await blocker.connect();
    const pause = mock.method(WebSocket.prototype, "pause");
    mock.timers.enable({ apis: ["setInterval", "Date"], now: Date.now() });
    try {
      const raw = await openRaw(origin, id);
      [hello(id), updateFrame(id, base())].forEach((each) => raw.socket.send(each));
      await waitFor("the first one is saved", () => confirmations(raw, id) === 1);
      await blocker.query("begin; lock table document_snapshot in access exclusive mode");
      [crowded(200), large()].forEach((each) => raw.socket.send(updateFrame(id, each)));
      await waitFor("nothing more is read", () => pause.mock.callCount() > 0);
      for (let minutes = 0; minutes < 5; minutes++) {
        mock.timers.tick(60_000);
      }
      await blocker.query("rollback");
      // Had it been closed, this one would not be taken any more.
      raw.socket.send(updateFrame(id, base()));
      await waitFor(
        "all is saved, and the last one, too",
        () => confirmations(raw, id) === 4 || raw.closed !== undefined,
      );
      equal(raw.closed, undefined);
    } finally {
      await blocker.end();
    }
  });
});
