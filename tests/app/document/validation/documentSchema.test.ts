import { deepEqual, equal, ok } from "node:assert/strict";
import * as Y from "yjs";
import { FastCheck } from "../../../../app/document/validation/fastCheck.ts";
import { Content } from "../../../../app/document/content/content.ts";
import { CloseError } from "../../../../app/document/protocol/closeError.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { judge } from "../../../../app/document/validation/trialDocument.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { emptyDoc } from "../../../../app/document/content/sharedDoc.ts";
import { closeEditors, contentOf, openDocument } from "../../../drivers/documentEditor.ts";
import {
  confirmations,
  endRaw,
  hello,
  openRaw,
  updateFrame,
} from "../../../support/documentFrames.ts";
import {
  LIMITS,
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { allShapes, HONEST, wholeDocument } from "../documentShapes.ts";
import { metric } from "../../../drivers/metrics.ts";
import { usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** A shape by its name, such as "an embed in body". */
const nameOf = (where: string, what: string): string => `${what} in ${where}`;

const honest = Object.entries(HONEST)
  .flatMap(([where, whats]) => whats.map((what) => nameOf(where, what)))
  .sort();

/** Shapes that each broke the page of a document. */
const HARMFUL = [
  ...["text", "value", "bytes", "an embed", "bold", "a map", "a text", "a hook"],
  ...["a text of XML", "an array", "JSON", "a fragment"],
]
  .map((what) => nameOf("body", what))
  .concat(
    nameOf("text of a paragraph", "a map"),
    nameOf("text of a paragraph", "a link to an object"),
  );

describe("the schema of a document", () => {
  const shape = new DocumentSchema(textSchema());
  const state = Y.encodeStateAsUpdate(wholeDocument());
  const shapes = [...allShapes(state)];

  const whole = (update?: Uint8Array): Y.Doc => {
    const doc = emptyDoc();
    [state, ...(update ? [update] : [])].forEach((each) => Y.applyUpdate(doc, each));
    return doc;
  };

  /** Shapes that are not refused. */
  const accepted = (isRefused: (update: Uint8Array) => boolean): string[] =>
    shapes
      .filter(([, , update]) => !isRefused(update))
      .map(([where, what]) => nameOf(where, what))
      .sort();

  const refuses = (check: () => unknown): boolean => {
    try {
      check();
      return false;
    } catch (error) {
      equal(error instanceof CloseError && error.kind, "poisoned");
      return true;
    }
  };

  it("accepts only what the page puts into a document, in the fast check", async () => {
    const content = new Content(new Scheduler());
    await content.integrate([state], (error) => {
      throw error;
    });
    const admission = new FastCheck(content, shape, LIMITS.maxDocumentBytes);
    deepEqual(
      accepted((update) => refuses(() => equal(admission.check(update).kind, "fits"))),
      honest,
    );
  });

  it("finds items that break a document and were saved before they were rejected, so they can be removed", () => {
    for (const [where, what, update] of shapes) {
      const name = nameOf(where, what);
      const doc = whole(update);
      const unfit = shape.invalidItemsIn(doc);
      deepEqual([name, unfit.length], [name, HARMFUL.includes(name) ? 1 : unfit.length]);
      ok(unfit.length === 0 || !honest.includes(name), name);
      doc.transact((transaction) => unfit.forEach((item) => item.delete(transaction)));
      if (name.endsWith(" in body")) {
        deepEqual(contentOf(doc), contentOf(whole(unfit.length === 0 ? update : undefined)));
      }
    }
  });

  it("accepts only what the page puts into a document, in a trial on a copy", () => {
    const tryOut = (update: Uint8Array): unknown =>
      judge({ updates: [state], update }, shape, LIMITS.maxDocumentBytes);
    deepEqual(
      accepted((update) => refuses(() => tryOut(update))),
      honest,
    );
  });
});

describe("an update that would break the page of a document", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  it("is rejected with 4007, and what the page puts there is saved", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const doc = wholeDocument();
    const first = await openRaw(origin, id);
    [hello(id), updateFrame(id, Y.encodeStateAsUpdate(doc))].forEach((each) =>
      first.socket.send(each),
    );
    await waitFor("it is saved", () => confirmations(first, id) === 1);
    const wanted = new Set([...HARMFUL, ...honest]);
    for (const [where, what, update] of allShapes(Y.encodeStateAsUpdate(doc))) {
      const name = nameOf(where, what);
      if (wanted.delete(name)) {
        const raw = await openRaw(origin, id);
        [hello(id), updateFrame(id, update)].forEach((each) => raw.socket.send(each));
        await waitFor(name, () => raw.closed !== undefined || confirmations(raw, id) === 1);
        deepEqual([name, raw.closed?.code], [name, HARMFUL.includes(name) ? 4007 : undefined]);
      }
    }
    deepEqual([...wanted], []);
    equal(await metric(origin, 'document_refused_total{reason="poisoned"}'), HARMFUL.length);
    const { doc: later } = await openDocument(id, origin);
    deepEqual(shapeOf(later), []);
  });

  function shapeOf(doc: Y.Doc): Y.Item[] {
    return new DocumentSchema(textSchema()).invalidItemsIn(doc);
  }
});
