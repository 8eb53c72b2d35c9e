import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { mock } from "node:test";
import { pino } from "pino";
import { Registry } from "prom-client";
import * as Y from "yjs";
import { UnavailableError } from "../../../../app/common/http/problem.ts";
import { Content } from "../../../../app/document/content/content.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { UpdateQueue } from "../../../../app/document/server/updateQueue.ts";
import { UpdateValidator } from "../../../../app/document/validation/updateValidator.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { createDocumentMetrics } from "../../../../app/document/metrics.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import type { UpdateStore } from "../../../../app/document/storage/updateStore.ts";
import { JobQueue } from "../../../../app/document/worker/jobQueue.ts";
import type { Room } from "../../../../app/document/room/room.ts";
import { LIMITS } from "../../../drivers/documentServer.ts";
import { usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";
import { startRooms, stopRooms } from "../documentRooms.ts";

/** Letters among which no update is put without a try on a copy, by two who did not see each other's. */
const OTHERS = 2500;
const RIVALS = [20, 21];

/** Clients whose letters come before those of the others, and after all of them. */
const BEFORE = 10;
const AFTER = 30;

/** Letters that somebody puts at the beginning of a title, one update each; nobody else's are seen meanwhile. */
function typed(count: number, client: number): Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on("update", (update) => updates.push(update));
  for (let each = 0; each < count; each++) {
    doc.getText("title").insert(0, "x");
  }
  return updates;
}

/** An update that no editor sends. */
function poison(): Uint8Array {
  const doc = new Y.Doc();
  doc.getMap("elsewhere").set("key", "value");
  return Y.encodeStateAsUpdate(doc);
}

/** The queue of an editor that is far behind, and the queue's events. */
class Backlog {
  readonly inbox: UpdateQueue;
  saved = 0;
  readonly busy: boolean[] = [];
  readonly failures: unknown[] = [];

  constructor(room: Room) {
    this.inbox = new UpdateQueue(room, LIMITS, {
      onSaved: () => (this.saved += 1),
      onFailed: (error) => this.failures.push(error),
      onBusy: (isBusy) => this.busy.push(isBusy),
      onIdle: () => undefined,
    });
    room.subscribers.add({ send: () => this.inbox.retryPending(), close: () => undefined });
  }

  async put(updates: readonly Uint8Array[]): Promise<void> {
    updates.forEach((update) => this.inbox.push(update));
    await waitFor("all is decided on and saved", () => this.inbox.isIdle);
  }
}

describe("an editor that is far behind the others", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    mock.restoreAll();
    await stopRooms();
  });

  /** A document whose title the others have written. */
  const start = async () => {
    const { rooms, library } = await startRooms(await postgres.newDatabase());
    const { id } = await library.create("");
    const room = await rooms.acquire(id);
    ok(room);
    const run = mock.method(JobQueue.prototype, "run");
    const backlog = new Backlog(room);
    const others = RIVALS.flatMap((rival) => typed(OTHERS / RIVALS.length, rival));
    await backlog.put([Y.mergeUpdates(others)]);
    equal(run.mock.callCount(), 1);
    run.mock.resetCalls();
    backlog.saved = 0;
    const written = (): number => room.content.doc.getText("title").length - OTHERS;
    return { backlog, jobs: () => run.mock.callCount(), written };
  };

  for (const count of [100, 900]) {
    it(`needs two trials on a copy for ${count} updates`, async () => {
      const { backlog, jobs, written } = await start();
      await backlog.put(typed(count, BEFORE));
      deepEqual([backlog.saved, written()], [count, count]);
      deepEqual(backlog.failures, []);
      ok(jobs() <= 2, `${jobs()} tries`);
    });
  }

  it("needs few trials if each of its updates is compared with all that others wrote", async () => {
    const { backlog, jobs, written } = await start();
    backlog.busy.length = 0;
    await backlog.put(typed(1100, AFTER));
    deepEqual([backlog.saved, written()], [1100, 1100]);
    deepEqual(backlog.failures, []);
    ok(jobs() < 40, `${jobs()} tries`);
    // Reading pauses while too much waits, and resumes when some of it has been tried.
    deepEqual(
      backlog.busy.filter((isBusy, index) => isBusy !== backlog.busy[index - 1]),
      [false, true, false],
    );
  });

  it("has everything saved that precedes a rejected update, in fewer trials than one for each", async () => {
    const { backlog, jobs, written } = await start();
    const updates = typed(100, AFTER);
    updates.splice(70, 0, poison());
    await backlog.put(updates);
    deepEqual([backlog.saved, written()], [70, 70]);
    deepEqual(
      backlog.failures.map((error) => (error as { kind?: string }).kind),
      ["poisoned"],
    );
    ok(jobs() < 30, `${jobs()} tries`);
  });

  it("has those updates saved that depend on no missing one, and the rest when that one arrives", async () => {
    const { backlog, written } = await start();
    const updates = typed(40, AFTER);
    const [late = new Uint8Array()] = updates.splice(20, 1);
    await backlog.put(updates);
    deepEqual([backlog.saved, written()], [20, 20]);
    await backlog.put([late]);
    await waitFor("all is saved", () => backlog.saved === 40);
    deepEqual([written(), backlog.failures], [40, []]);
  });
});

describe("updates that wait to be tried while PostgreSQL hangs", () => {
  it("are rejected together when they have waited for the maximum time, not one after the other", async () => {
    const metrics = createDocumentMetrics(new Registry(), {
      documents: () => 0,
      connections: () => 0,
    });
    const schema = textSchema();
    const workshop = new JobQueue(
      { schema, maxBytes: LIMITS.maxDocumentBytes },
      metrics,
      pino({ level: "silent" }),
    );
    let reads = 0;
    const hanging = Promise.withResolvers<undefined>();
    const read = (): Promise<undefined> => {
      reads += 1;
      return hanging.promise;
    };
    const intake = new UpdateValidator("a document", new Content(new Scheduler()), {
      store: { read } as unknown as UpdateStore,
      jobs: workshop,
      schema: new DocumentSchema(schema),
      limits: LIMITS,
    });
    const update = Y.mergeUpdates(typed(200, AFTER));
    const first = rejects(intake.judge(update), UnavailableError);
    const others = Array.from({ length: 5 }, () =>
      rejects(intake.judge(update), {
        kind: "unavailable",
        message:
          "the last changes are not saved: too many changes are waiting to be checked; try again",
      }),
    );
    await waitFor("the first one is being read", () => reads === 1);
    const later = performance.now() + 1000 * LIMITS.maxSaveSeconds + 1;
    mock.method(performance, "now", () => later);
    hanging.reject(new UnavailableError("no answer"));
    await Promise.all([first, ...others]);
    mock.restoreAll();
    equal(reads, 1);
    await workshop.close();
  });
});
