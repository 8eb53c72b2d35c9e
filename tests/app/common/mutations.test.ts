import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import * as Y from "yjs";
import { closeEditors, converge, openDocument } from "../../drivers/documentEditor.ts";
import { endRaw, hello, openRaw, updateFrame } from "../../support/documentFrames.ts";
import { newDocument, startReplicas, stopDocumentServers } from "../../drivers/documentServer.ts";
import { metric } from "../../drivers/metrics.ts";
import { usePostgres } from "../../drivers/postgres.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const RUNS = 150;

/** An update of a client of its own, that stands by itself. */
function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText("title").insert(0, text);
  doc.getText("title").delete(0, 1);
  doc.getXmlFragment("body").insert(0, [new Y.XmlElement("paragraph")]);
  doc.getMap("fields").set("author", text);
  return Y.encodeStateAsUpdate(doc);
}

/** A real update of which some bits were turned, or a piece doubled or cut out. */
const mutated = fc
  .record({
    text: fc.string({ minLength: 2, maxLength: 10 }),
    bits: fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 3 }),
    piece: fc.option(fc.record({ at: fc.nat(), length: fc.nat(8), isDoubled: fc.boolean() })),
  })
  .map(({ text, bits, piece }) => {
    const update = updateOf(text);
    bits.forEach(
      ([at, bit]) => (update[at % update.length] = (update[at % update.length] ?? 0) ^ (1 << bit)),
    );
    if (piece === null) {
      return update;
    }
    const at = piece.at % update.length;
    const end = at + piece.length;
    const tail = piece.isDoubled ? update.slice(at) : update.slice(end);
    return Buffer.concat([update.slice(0, piece.isDoubled ? end : at), tail]);
  });

describe("updates with a few bytes changed", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    endRaw();
    await stopDocumentServers();
  });

  it("stop no replica, remove nothing that others wrote, and leave everybody with the same document", async () => {
    const [first, second] = await startReplicas(2, await postgres.newDatabase());
    const origins = [first?.origin ?? "", second?.origin ?? ""] as const;
    const id = await newDocument(origins[0]);
    const near = await openDocument(id, origins[0]);
    const far = await openDocument(id, origins[1]);
    near.write("written before");
    await near.saved();
    await fc.assert(
      fc.asyncProperty(mutated, async (update) => {
        const { socket } = await openRaw(origins[0], id);
        socket.send(hello(id));
        socket.send(updateFrame(id, update));
        socket.close();
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 20_000 },
    );
    far.write("written after");
    await far.saved();
    const fresh = await openDocument(id, origins[1]);
    await converge([near, far, fresh]);
    for (const editor of [near, far, fresh]) {
      equal(editor.paragraphs.includes("written before"), true);
      equal(editor.paragraphs.includes("written after"), true);
      deepEqual(editor.closed, []);
    }
    closeEditors();
    endRaw();
    for (const origin of origins) {
      await waitFor("all have left", async () => (await metric(origin, "documents_loaded")) === 0);
      equal((await fetch(`${origin}/readyz`)).status, 200);
    }
  });
});
