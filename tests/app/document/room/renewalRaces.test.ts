import { deepEqual, fail, ok, rejects } from "node:assert/strict";
import { Client } from "pg";
import * as Y from "yjs";
import { emptyDoc } from "../../../../app/document/content/sharedDoc.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { CloseError } from "../../../../app/document/protocol/closeError.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { renewed } from "../../../../app/document/worker/renewal.ts";
import type { Room } from "../../../../app/document/room/room.ts";
import { base } from "../documentAttacks.ts";
import { paragraphsOf } from "../../../drivers/documentEditor.ts";
import { startRooms, stopRooms } from "../documentRooms.ts";
import { saveUnchecked } from "../../../drivers/documentServer.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

function docOf(...updates: Uint8Array[]): Y.Doc {
  const doc = emptyDoc();
  updates.forEach((update) => Y.applyUpdate(doc, update));
  return doc;
}

/** An update that is based on this state. */
function changeTo(state: Uint8Array, change: (body: Y.XmlFragment) => void): Uint8Array {
  const doc = docOf(state);
  const vector = Y.encodeStateVector(doc);
  change(doc.getXmlFragment("body"));
  return Y.encodeStateAsUpdate(doc, vector);
}

/** Puts a paragraph after the first one. */
function addParagraph(body: Y.XmlFragment): void {
  const paragraph = new Y.XmlElement("paragraph");
  body.insert(1, [paragraph]);
  paragraph.insert(0, [new Y.XmlText("new")]);
}

describe("a change that is based on the old state of a renewed document", () => {
  const state = base();
  const fresh = renewed(docOf(state), new DocumentSchema(textSchema())).state;

  it("is missing for people who read the new state first, but not for those who had the old state", () => {
    const added = changeTo(state, addParagraph);
    deepEqual(paragraphsOf(docOf(fresh, added)), ["xx"]);
    deepEqual(paragraphsOf(docOf(state, added, fresh)).toSorted(), ["new", "xx"]);
  });

  it("is missing for everybody if it is within a paragraph", () => {
    const added = changeTo(state, (body) => {
      const paragraph = body.get(0) as Y.XmlElement;
      (paragraph.get(0) as Y.XmlText).insert(1, "new");
    });
    deepEqual(paragraphsOf(docOf(fresh, added)), ["xx"]);
    deepEqual(paragraphsOf(docOf(state, added, fresh)), ["xx"]);
  });
});

describe("the renewal of a document", () => {
  const postgres = usePostgres();

  afterEach(stopRooms);

  const start = async () => {
    const url = await postgres.newDatabase();
    const [here, there] = [await startRooms(url), await startRooms(url)];
    const { id } = await here.library.create("");
    await saveUnchecked(url, id, base());
    return { url, id, here, there };
  };

  const versionOf = async (url: string): Promise<unknown> => {
    const [row] = await queryRows(
      url,
      "select last_update::int as updates, renewed::int from document",
    );
    return row;
  };

  /** Saves in a room a paragraph that is based on the room's state. */
  const write = async (room: Room): Promise<void> => {
    const { state } = await room.state();
    const decision = room.validator.check(changeTo(state, addParagraph));
    ok(decision.kind === "accepted", decision.kind);
    await room.save(decision.accepted);
  };

  it("does not happen while another replica opens the document, which then saves changes", async () => {
    const { url, id, here, there } = await start();
    there.store.meanwhile = () => here.renewer.renew(id, Infinity);
    const room = await there.rooms.acquire(id);
    ok(room);
    deepEqual(await versionOf(url), { updates: 2, renewed: 0 });
    await write(room);
    const opened = await here.rooms.acquire(id);
    ok(opened);
    deepEqual(paragraphsOf(opened.content.doc), ["xx", "new"]);
  });

  it("delays opening the document until it has finished", async () => {
    const { url, id, there } = await start();
    const client = new Client(url);
    await client.connect();
    // The locks of a renewal before it checks who has the document open.
    await client.query("begin");
    await client.query("select from document for update");
    const opening = there.rooms.acquire(id);
    try {
      await waitFor("it waits", async () => {
        const waiting = await queryRows(
          url,
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return waiting.length === 1;
      });
    } finally {
      await client.end();
    }
    ok(await opening);
  });

  it("happens once everybody has left the document, on any replica", async () => {
    const { url, id, here, there } = await start();
    await there.rooms.acquire(id);
    await here.rooms.acquire(id);
    await here.renewer.renew(id, Infinity);
    there.rooms.release(id);
    await there.rooms.closed();
    await there.renewer.renew(id, Infinity);
    deepEqual(await versionOf(url), { updates: 2, renewed: 0 });
    here.rooms.release(id);
    await here.rooms.closed();
    await there.renewer.renew(id, Infinity);
    deepEqual(await versionOf(url), { updates: 3, renewed: 3 });
    deepEqual(await queryRows(url, "select from document_room"), []);
  });

  it("prevents a replica that was taken for dead from saving to the old state, until everybody has left", async () => {
    const { url, id, here, there } = await start();
    const room = await there.rooms.acquire(id);
    ok(room);
    await queryRows(url, "delete from document_room");
    await here.renewer.renew(id, Infinity);
    await rejects(
      write(room),
      (error: unknown) => error instanceof CloseError && error.code === 4014,
    );
    deepEqual(await versionOf(url), { updates: 3, renewed: 3 });
    const closed: number[] = [];
    room.subscribers.add({
      send: () => fail("the new state would take away what was not sent yet"),
      close: ({ code }) => closed.push(code),
    });
    await there.rooms.catchUp();
    await waitFor("all have to leave", () => room.isRenewed);
    deepEqual(closed, [4014]);
    there.rooms.release(id);
    const anew = await there.rooms.acquire(id);
    ok(anew);
    await write(anew);
    const opened = await here.rooms.acquire(id);
    ok(opened);
    deepEqual(paragraphsOf(opened.content.doc), ["xx", "new"]);
  });
});
