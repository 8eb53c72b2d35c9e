import { equal, throws } from "node:assert/strict";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { Content } from "../../../../app/document/content/content.ts";
import { Scheduler } from "../../../../app/document/content/scheduler.ts";
import { FastCheck } from "../../../../app/document/validation/fastCheck.ts";
import { judge } from "../../../../app/document/validation/trialDocument.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { CloseError } from "../../../../app/document/protocol/closeError.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { bytes } from "../../../support/documentFrames.ts";

const MAX_BYTES = 2 * 1024 * 1024;
const shape = new DocumentSchema(textSchema());

/** A letter of client 9 that says which two it is between. */
function letter(origin: [number, number], rightOrigin: [number, number]): Uint8Array {
  return bytes((encoder) => {
    [1, 1, 9, 0].forEach((each) => encoding.writeVarUint(encoder, each));
    encoding.writeUint8(encoder, 4 | 128 | 64);
    [...origin, ...rightOrigin].forEach((each) => encoding.writeVarUint(encoder, each));
    encoding.writeVarString(encoder, "A");
    encoding.writeVarUint(encoder, 0);
  });
}

/** A paragraph of ten letters by client 1, from clock 2 on, and one that is deleted with its text, from clock 13 on. */
async function start(): Promise<{ content: Content; state: Uint8Array }> {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const body = doc.getXmlFragment("body");
  for (const index of [0, 1]) {
    const paragraph = new Y.XmlElement("paragraph");
    body.insert(index, [paragraph]);
    paragraph.insert(0, [new Y.XmlText("x".repeat(10))]);
  }
  body.delete(1, 1);
  const state = Y.encodeStateAsUpdate(doc);
  const content = new Content(new Scheduler());
  await content.integrate([state], (error) => {
    throw error as Error;
  });
  return { content, state };
}

function isPoisoned(error: unknown): boolean {
  return error instanceof CloseError && error.code === 4007;
}

describe("an insertion between two items", () => {
  const NEXT: [number, number][] = [
    [1, 4],
    [1, 5],
  ];
  const WRONG: Record<string, [[number, number], [number, number]]> = {
    "items in reverse order": [
      [1, 10],
      [1, 3],
    ],
    "neighbours in reverse order": [
      [1, 5],
      [1, 4],
    ],
    "the same item twice": [
      [1, 5],
      [1, 5],
    ],
    "a deleted item on the left": [
      [1, 15],
      [1, 5],
    ],
    "a deleted item on the right": [
      [1, 5],
      [1, 15],
    ],
  };

  it("is accepted if the items are next to each other", async () => {
    const { content, state } = await start();
    const [left, right] = NEXT as [[number, number], [number, number]];
    const update = letter(left, right);
    equal(new FastCheck(content, shape, MAX_BYTES).check(update).kind, "fits");
    judge({ updates: [state], update }, shape, MAX_BYTES);
  });

  for (const [what, [left, right]] of Object.entries(WRONG)) {
    it(`is rejected with 4007 by the fast check and in a trial on a copy: ${what}`, async () => {
      const { content, state } = await start();
      const update = letter(left, right);
      throws(() => new FastCheck(content, shape, MAX_BYTES).check(update), isPoisoned);
      throws(() => judge({ updates: [state], update }, shape, MAX_BYTES), isPoisoned);
    });
  }
});
