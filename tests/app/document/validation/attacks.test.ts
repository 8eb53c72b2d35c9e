import { deepEqual, equal, ok } from "node:assert/strict";
import { Content } from "../../../../app/document/content/content.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { FastCheck } from "../../../../app/document/validation/fastCheck.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { MAX_OPENING_DETOURS } from "../../../../app/document/limits.ts";
import { openCopy } from "../../../../app/document/validation/trialDocument.ts";
import { Integration } from "../../../../app/document/content/integration.ts";
import { emptyDoc } from "../../../../app/document/content/sharedDoc.ts";
import { UpdateReader } from "../../../../app/document/content/updateReader.ts";
import * as Y from "yjs";
import { base, crowded, crowdedBit, everySecond, vectorOf } from "../documentAttacks.ts";
import {
  closeEditors,
  converge,
  openDocument,
  paragraphsOf,
  type Editor,
} from "../../../drivers/documentEditor.ts";
import {
  confirmations,
  endRaw,
  hello,
  mergeFrame,
  openRaw,
  questionFrame,
  refusalOf,
  updateFrame,
} from "../../../support/documentFrames.ts";
import {
  LIMITS,
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { metric } from "../../../drivers/metrics.ts";
import { queryRows, usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** Characters of which it would take Yjs 16 million comparisons to find the order. */
const CROWD = 8000;

const DELETIONS = 20_000;

describe("an update that Yjs merges slowly", () => {
  const postgres = usePostgres();
  let database: string;
  let origin: string;
  let id: string;
  /** Two people at work on another document of the replica. */
  let others: Editor[];

  beforeEach(async () => {
    database = await postgres.newDatabase();
    ({ origin } = await startDocumentServer(database, { maxUpdatesPerSecond: 200 }));
    id = await newDocument(origin);
    const elsewhere = await newDocument(origin);
    others = await Promise.all([openDocument(elsewhere, origin), openDocument(elsewhere, origin)]);
  });

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  /** The others have noticed nothing, and their edits arrive. */
  const assertUnharmed = async (): Promise<void> => {
    others[0]?.write("as ever");
    await converge(others);
    deepEqual(others[1]?.paragraphs, ["as ever"]);
    deepEqual(
      others.flatMap(({ closed }) => closed),
      [],
    );
  };

  const jobs = async (): Promise<number> =>
    (await metric(origin, 'document_jobs_total{job="judge"}')) ?? 0;

  /** What the document is made of, and the number of its last update. */
  const saved = async () => {
    const rows = await queryRows<{ update: Buffer; number: string }>(
      database,
      `select state as update, number from document_snapshot where document_id = $1
      union all select update, number from document_update where document_id = $1
      order by number`,
      [id],
    );
    return {
      updates: rows.map(({ update }) => update),
      number: Number(rows.at(-1)?.number ?? 0),
    };
  };

  /** Detours that somebody takes who opens the document as it is saved. */
  const detoursToOpen = async (): Promise<number> => {
    const state = Y.encodeStateAsUpdate(openCopy((await saved()).updates, Infinity));
    const opening = new Integration(emptyDoc(), new UpdateReader(state));
    opening.advance();
    return opening.detours;
  };

  const savedCharacters = async (): Promise<number> =>
    paragraphsOf(openCopy((await saved()).updates, Infinity)).join("").length;

  it("is rejected before it is saved if it has many characters at one place", async () => {
    const frames = [hello(id), updateFrame(id, base()), updateFrame(id, crowded(CROWD))];
    equal((await refusalOf(origin, id, frames))?.code, 4007);
    equal(await metric(origin, 'document_refused_total{reason="costly"}'), 1);
    equal(await jobs(), 1);
    equal((await saved()).number, 2);
    await assertUnharmed();
  });

  it("is rejected before it is saved if many small ones add up to too much", async () => {
    const bits = crowdedBit(CROWD, 80).map((each) => updateFrame(id, each));
    const frames = [hello(id), updateFrame(id, base()), ...bits];
    equal((await refusalOf(origin, id, frames))?.code, 4007);
    const characters = await savedCharacters();
    ok(characters > 50 * 80 && characters < CROWD, `${characters} are saved`);
    ok((await detoursToOpen()) <= MAX_OPENING_DETOURS);
    await assertUnharmed();
  });

  it("is recognised while earlier small ones are still being saved", async () => {
    const content = new Content(new Scheduler());
    await content.integrate([base()], (error) => {
      throw error;
    });
    const admission = new FastCheck(
      content,
      new DocumentSchema(textSchema()),
      LIMITS.maxDocumentBytes,
    );
    const kinds = crowdedBit(CROWD, 20).map((update) => {
      const verdict = admission.check(update);
      if (verdict.kind === "fits") {
        admission.saveStarted(update, verdict.entries);
      }
      return verdict.kind;
    });
    const characters = 20 * kinds.indexOf("unclear");
    ok(characters > 0 && characters < 1000, `${characters} are among each other`);
  });

  it("is rejected if its deletions are not in order", async () => {
    const frames = [base(110_000), everySecond(50_000, true)].map((each) => updateFrame(id, each));
    equal((await refusalOf(origin, id, [hello(id), ...frames]))?.code, 4007);
    equal(await metric(origin, 'document_refused_total{reason="poisoned"}'), 1);
    equal((await saved()).number, 2);
    await assertUnharmed();
  });

  it("is confirmed up to the rate limit if the document already contains it", async () => {
    const raw = await openRaw(origin, id);
    const known = everySecond(DELETIONS, false);
    const frames = [hello(id), updateFrame(id, base(3 * DELETIONS)), updateFrame(id, known)];
    frames.forEach((each) => raw.socket.send(each));
    await waitFor("they are saved", () => confirmations(raw, id) === 2);
    const before = [await jobs(), (await saved()).number];
    for (let each = 0; each < 100; each++) {
      // Each one is another one, so that none is recognized as the one before.
      raw.socket.send(mergeFrame(id, everySecond(DELETIONS - each, false)));
    }
    await waitFor("it is closed", () => raw.closed !== undefined);
    equal(raw.closed?.code, 4008);
    ok(confirmations(raw, id) > 2);
    deepEqual([await jobs(), (await saved()).number], before);
    await assertUnharmed();
  });

  it("is rejected if it is a sync request whose state vector has more clients than there can be", async () => {
    const frames = [hello(id), questionFrame(id, vectorOf(300_000))];
    equal((await refusalOf(origin, id, frames))?.code, 4007);
    equal(await jobs(), 0);
    await assertUnharmed();
  });
});
