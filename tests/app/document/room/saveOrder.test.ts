import { equal, notEqual, ok, rejects, throws } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mock } from "node:test";
import * as Y from "yjs";
import type { AcceptedUpdate } from "../../../../app/document/validation/updateValidator.ts";
import { CloseError } from "../../../../app/document/protocol/closeError.ts";
import type { Room } from "../../../../app/document/room/room.ts";
import { UpdateQueue } from "../../../../app/document/server/updateQueue.ts";
import { LIMITS } from "../../../drivers/documentServer.ts";
import { waitFor } from "../../../drivers/waitFor.ts";
import { startRooms, stopRooms, type RoomsOfReplica } from "../documentRooms.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";

/** Bytes that may wait in a replica for PostgreSQL. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

const gates = new Set<Gate>();

/** Work that waits until it is let go, for better or worse. */
class Gate {
  readonly #passed = Promise.withResolvers<unknown>();
  readonly #arrived = Promise.withResolvers<unknown>();
  readonly fail = this.#passed.reject;
  /** Resolves when something waits. */
  readonly reached = this.#arrived.promise;

  constructor() {
    gates.add(this);
  }

  readonly pass = async (): Promise<void> => {
    this.#arrived.resolve(undefined);
    await this.#passed.promise;
  };

  open(): void {
    this.#passed.resolve(undefined);
  }
}

/** Updates of one author: each needs the one before. */
function authored(...words: string[]): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update) => updates.push(update));
  words.forEach((word) => doc.getText("title").insert(doc.getText("title").length, word));
  return updates;
}

describe("updates that depend on each other", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    gates.forEach((gate) => gate.open());
    gates.clear();
    await stopRooms();
  });

  const start = async () => {
    const url = await postgres.newDatabase();
    const [here, there] = [await startRooms(url), await startRooms(url)];
    const { id } = await here.library.create("");
    const room = await here.rooms.acquire(id);
    ok(room);
    return { url, id, room, here, there };
  };

  /** Saves an unrelated update on another replica, without a notification. */
  const saveElsewhere = ({ store }: RoomsOfReplica, documentId: string): Promise<unknown> => {
    const doc = new Y.Doc();
    doc.getMap("fields").set("author", "Ada");
    return store.save([{ documentId, update: Y.encodeStateAsUpdate(doc), basis: 1 }]);
  };

  const admitted = async (
    decision: ReturnType<Room["validator"]["judge"]>,
  ): Promise<AcceptedUpdate> => {
    const decided = await decision;
    ok(decided.kind === "accepted", decided.kind);
    return decided.accepted;
  };

  const isUnavailable = (error: unknown): boolean =>
    error instanceof CloseError && error.code === 4014;

  /** The title as PostgreSQL has it, where no update comes before one that it needs. */
  const storedTitle = async (url: string): Promise<string> => {
    const rows = await queryRows<{ update: Buffer }>(
      url,
      "select update from document_update order by number",
    );
    const doc = new Y.Doc();
    for (const { update } of rows) {
      Y.applyUpdate(doc, update);
      equal(doc.store.pendingStructs, null);
    }
    return doc.getText("title").toJSON();
  };

  it("are rejected together if the first one fails after the second one was tried with it", async () => {
    const { url, id, room, here, there } = await start();
    const [first = new Uint8Array(), second = new Uint8Array()] = authored(
      "one ",
      "x".repeat(5000),
    );
    const [saving, reading] = [new Gate(), new Gate()];
    here.store.beforeSave = saving.pass;
    here.store.beforeReadAfter = reading.pass;
    const one = room.save(await admitted(Promise.resolve(room.validator.check(first))));
    const refusals = [rejects(one, isUnavailable)];
    await saving.reached;
    // What this replica does not have yet has to be read before the second one is saved.
    await saveElsewhere(there, id);
    const two = room.save(await admitted(room.validator.judge(second)));
    refusals.push(rejects(two, isUnavailable));
    await reading.reached;
    saving.fail(new Error("PostgreSQL cannot take it"));
    await refusals[0];
    here.store.beforeSave = () => Promise.resolve();
    reading.open();
    await Promise.all(refusals);
    equal(await storedTitle(url), "");
  });

  it("are saved in order if the first one has to wait longer", async () => {
    const { url, id, room, here, there } = await start();
    const [first = new Uint8Array(), second = new Uint8Array()] = authored(
      "x".repeat(5000),
      "y".repeat(5000),
    );
    const [before, after] = [new Gate(), new Gate()];
    here.store.beforeReadAfter = before.pass;
    await saveElsewhere(there, id);
    const one = room.save(await admitted(room.validator.judge(first)));
    await before.reached;
    // The first one also waits until all updates are read that were announced meanwhile.
    const next = await admitted(room.validator.judge(second));
    room.catchUpTo(3);
    here.store.beforeReadAfter = after.pass;
    before.open();
    await after.reached;
    const two = room.save(next);
    await saveElsewhere(there, id);
    after.open();
    await Promise.all([one, two]);
    equal(await storedTitle(url), "x".repeat(5000) + "y".repeat(5000));
  });

  it("are rejected together if the first one is too large to be queued for PostgreSQL", async () => {
    const { url, room, here } = await start();
    const [first = new Uint8Array(), second = new Uint8Array()] = authored("x".repeat(1000), "y");
    const saving = new Gate();
    here.store.beforeSave = saving.pass;
    const update = new Uint8Array(MAX_WAITING_BYTES - 500);
    const other = here.writer.save({ documentId: randomUUID(), update, basis: 0 });
    await saving.reached;
    const decision = room.validator.check(first);
    ok(decision.kind === "accepted");
    const one = rejects(room.save(decision.accepted), isUnavailable);
    notEqual(room.validator.check(second).kind, "accepted");
    saving.fail(new Error("PostgreSQL cannot take it"));
    await Promise.all([one, rejects(other, isUnavailable)]);
    equal(await storedTitle(url), "");
  });

  it("are not saved once an earlier one has failed, even if it fails while they are tried", async () => {
    const { url, room, here } = await start();
    const [first = new Uint8Array()] = authored("one");
    const [second = new Uint8Array()] = authored("x".repeat(5000));
    const [saving, trying] = [new Gate(), new Gate()];
    here.store.beforeSave = saving.pass;
    const judge = room.validator.judge.bind(room.validator);
    mock.method(room.validator, "judge", async (...args: Parameters<typeof judge>) => {
      await trying.pass();
      return judge(...args);
    });
    const failures: unknown[] = [];
    const queue = new UpdateQueue(room, LIMITS, {
      onSaved: () => undefined,
      onFailed: (error) => failures.push(error),
      onBusy: () => undefined,
      onIdle: () => undefined,
    });
    queue.push(first);
    await saving.reached;
    queue.push(second);
    await trying.reached;
    saving.fail(new Error("PostgreSQL cannot take it"));
    await waitFor("the first one fails", () => failures.length > 0);
    here.store.beforeSave = () => Promise.resolve();
    trying.open();
    await waitFor("all is decided on", () => queue.isIdle);
    equal(failures.length, 1);
    equal(await storedTitle(url), "");
    throws(() => room.submit(second, AbortSignal.abort(failures[0])), isUnavailable);
  });
});
