import { deepEqual, equal } from "node:assert/strict";
import { mock } from "node:test";
import { pino } from "pino";
import * as Y from "yjs";
import { UnavailableError } from "../../../../app/common/http/problem.ts";
import { Room, type RoomServices } from "../../../../app/document/room/room.ts";
import { RoomRegistry } from "../../../../app/document/room/roomRegistry.ts";
import { startRooms, stopRooms } from "../documentRooms.ts";
import { usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

describe("a document in memory", () => {
  const postgres = usePostgres();

  afterEach(stopRooms);

  const start = async () => {
    const url = await postgres.newDatabase();
    const [here, there] = [await startRooms(url), await startRooms(url)];
    return { ...here, other: there.store };
  };

  it("gets an update that another replica saves while the document is read", async () => {
    const { rooms, store, library, other } = await start();
    const { id } = await library.create("");
    const doc = new Y.Doc();
    doc.getMap("fields").set("author", "Ada");
    store.meanwhile = async () => {
      await other.save([{ documentId: id, update: Y.encodeStateAsUpdate(doc), basis: 1 }]);
      rooms.catchUpTo(id, 2);
    };
    const room = await rooms.acquire(id);
    await waitFor("it is there", () => room?.content.doc.getMap("fields").get("author") === "Ada");
    rooms.release(id);
    await rooms.closed();
    equal(rooms.get(id), undefined);
  });

  it("keeps, when it is closed, a title that another replica has saved without a notification yet", async () => {
    const { rooms, library, other } = await start();
    const { id } = await library.create("Old");
    await rooms.acquire(id);
    const doc = new Y.Doc();
    doc.getText("title").insert(0, "New");
    const update = Y.encodeStateAsUpdate(doc);
    await other.save([{ documentId: id, update, title: "New", basis: 1 }]);
    rooms.release(id);
    await rooms.closed();
    equal((await library.find(id))?.title, "New");
  });

  for (const [level, error] of [
    [40, new UnavailableError("no answer")],
    [50, new Error("a fault")],
  ] as const) {
    it(`logs at level ${level} why it cannot be closed: ${error.name}`, async () => {
      const log: string[] = [];
      const services = {
        log: pino({}, { write: (line: string) => log.push(line) }),
        metrics: { open: { startTimer: () => () => undefined } },
      } as unknown as RoomServices;
      const close = () => Promise.reject(error);
      const catchUpTo = () => undefined;
      mock.method(Room, "open", () => Promise.resolve({ id: "id", close, catchUpTo }));
      const rooms = new RoomRegistry(services);
      await rooms.acquire("id");
      rooms.release("id");
      await rooms.closed();
      mock.restoreAll();
      deepEqual(
        log.map((line) => (JSON.parse(line) as { level: number }).level),
        [level],
      );
    });
  }
});
