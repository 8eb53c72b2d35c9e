import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import * as Y from "yjs";
import { metric } from "../../../drivers/metrics.ts";
import { closeEditors, openDocument } from "../../../drivers/documentEditor.ts";
import * as frames from "../../../support/documentFrames.ts";
import {
  newDocument,
  startDocumentServer,
  stopDocumentServers,
} from "../../../drivers/documentServer.ts";
import { usePostgres } from "../../../drivers/postgres.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

const RUNS = 200;

/** Updates as an editor sends them: the first letters of a text, and one that needs them. */
function updates(): Uint8Array[] {
  const doc = new Y.Doc();
  const all: Uint8Array[] = [];
  doc.on("update", (update) => all.push(update));
  doc.getText("title").insert(0, "abc");
  doc.getXmlFragment("body").insert(0, [new Y.XmlElement("p")]);
  doc.getText("title").delete(0, 2);
  doc.getMap("fields").set("author", { a: [1, "2", null] });
  return all;
}

/** Every kind of frame, about a document. */
function honest(id: string): Uint8Array[] {
  const doc = new Y.Doc();
  return [
    frames.hello(id),
    frames.questionFrame(id, Y.encodeStateVector(doc)),
    frames.presenceFrame(id, { 7: '{"user":{"name":"A"}}' }),
    ...updates().flatMap((each) => [frames.updateFrame(id, each), frames.mergeFrame(id, each)]),
    ...Array.from({ length: 12 }, (_, type) => frames.frame(id, type)),
    Uint8Array.of(10),
  ];
}

/** Frames that are honest, or that were until a few of their bytes were changed, or that never were. */
function frameOf(id: string): fc.Arbitrary<Uint8Array | string> {
  const some = fc.constantFrom(...honest(id));
  const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(4) });
  const changed = fc
    .tuple(some, fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([frame, changes]) =>
      changes.reduce((bytes, { at, to, cut }) => {
        const copy = bytes.slice(0, cut === 0 ? at % (bytes.length + 1) : bytes.length);
        copy[at % Math.max(1, copy.length)] = to;
        return copy;
      }, frame),
    );
  const payload = fc
    .tuple(fc.nat(12), fc.uint8Array({ maxLength: 60 }))
    .map(([type, rest]) => Buffer.concat([frames.frame(id, type), rest]));
  return fc.oneof(
    { weight: 3, arbitrary: some },
    { weight: 5, arbitrary: changed },
    { weight: 3, arbitrary: payload },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
    { weight: 1, arbitrary: fc.string() },
  );
}

describe("garbage", () => {
  const postgres = usePostgres();

  afterEach(async () => {
    closeEditors();
    frames.endRaw();
    await stopDocumentServers();
  });

  // What the libraries complain of was not checked before they got it.
  const complaints: unknown[] = [];
  const { error } = console;
  before(() => (console.error = (...words) => complaints.push(words)));
  after(() => (console.error = error));

  it("of any kind stops neither the server nor anybody else's connection, and leaves nothing behind", async () => {
    const { origin } = await startDocumentServer(await postgres.newDatabase());
    const id = await newDocument(origin);
    const other = await openDocument(id, origin);
    const says = fc.record({
      isGreeting: fc.boolean(),
      said: fc.array(frameOf(id), { minLength: 1, maxLength: 8 }),
      isAbrupt: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(says, async ({ isGreeting, said, isAbrupt }) => {
        const { socket } = await frames.openRaw(origin, id);
        [...(isGreeting ? [frames.hello(id)] : []), ...said].forEach((each) => socket.send(each));
        if (isAbrupt) {
          socket.terminate();
        } else {
          socket.close();
        }
      }),
      { numRuns: RUNS },
    );
    other.write("still here");
    await other.saved();
    equal(other.closed.length, 0);
    const again = await openDocument(id, origin);
    equal(again.paragraphs.includes("still here"), true);
    closeEditors();
    for (const name of ["document_connections", "documents_loaded"]) {
      await waitFor(`${name} is 0`, async () => (await metric(origin, name)) === 0);
    }
    equal((await fetch(`${origin}/readyz`)).status, 200);
    deepEqual(complaints, []);
  });
});
