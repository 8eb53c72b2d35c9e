import { equal, ok } from "node:assert/strict";
import { mock } from "node:test";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { UnsavedItems } from "../../../../app/document/validation/unsavedItems.ts";
import { Past } from "../../../../app/document/content/past.ts";
import { DocumentSchema } from "../../../../app/document/validation/documentSchema.ts";
import { ItemLocator } from "../../../../app/document/validation/itemLocator.ts";
import { TitleCopy } from "../../../../app/document/validation/titleCopy.ts";
import { textSchema } from "../../../../app/document/page/textSchema.ts";
import { base, everySecond } from "../documentAttacks.ts";
import { bytes } from "../../../support/documentFrames.ts";

/** An update of client 9: so many gaps, two letters of the title after its first one, a gap, and one more letter. */
function lettersAmongGaps(gaps: number): Uint8Array {
  return bytes((encoder) => {
    const write = (...numbers: number[]): void =>
      numbers.forEach((each) => encoding.writeVarUint(encoder, each));
    const gap = (): void => write(0, 1);
    const letter = (letter: string, client: number, clock: number): void => {
      encoding.writeUint8(encoder, 4 | 128);
      write(client, clock);
      encoding.writeVarString(encoder, letter);
    };
    write(1, gaps + 4, 9, 0);
    for (let each = 0; each < gaps; each++) {
      gap();
    }
    letter("b", 1, 0);
    letter("c", 9, gaps);
    gap();
    letter("d", 9, gaps + 1);
    write(0);
  });
}

/** A document whose title is the letter a of client 1. */
function titled(): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = 1;
  doc.getText("title").insert(0, "a");
  return doc;
}

describe("the fast check of an update", () => {
  it("adds all of its letters of the title to a copy at once", () => {
    const copy = TitleCopy.of(titled());
    const transact = mock.method(Y.Doc.prototype, "transact");
    equal(copy?.add(lettersAmongGaps(90)), "abcd");
    equal(transact.mock.callCount(), 1);
    transact.mock.restore();
  });

  it("defers a title if the update has too many letters of it, or depends on missing ones", () => {
    equal(TitleCopy.of(titled())?.add(lettersAmongGaps(1000)), undefined);
    const between = bytes((encoder) => {
      [1, 1, 9, 0].forEach((each) => encoding.writeVarUint(encoder, each));
      encoding.writeUint8(encoder, 4 | 128 | 64);
      [1, 0, 1, 1].forEach((each) => encoding.writeVarUint(encoder, each));
      encoding.writeVarString(encoder, "b");
      encoding.writeVarUint(encoder, 0);
    });
    equal(TitleCopy.of(titled())?.add(between), undefined);
  });

  it("reads few of the items between two deletions that the document already has", () => {
    const count = 10_000;
    const doc = new Y.Doc();
    Y.applyUpdate(doc, base(2 * count));
    Y.applyUpdate(doc, everySecond(count - 1, false));
    let reads = 0;
    const structs = doc.store.clients.get(1) ?? [];
    const counting = new Proxy(structs, {
      get: (target, property) => {
        reads += 1;
        return Reflect.get(target, property) as unknown;
      },
    });
    doc.store.clients.set(1, counting);
    const around = new ItemLocator(
      doc,
      new DocumentSchema(textSchema()),
      [new UnsavedItems()],
      new Past(),
    );
    const deleted = (start: number) => ({ client: 1, start, end: start + 1 });
    ok(around.areDeleted([deleted(3), deleted(5), deleted(2 * count - 1)]));
    ok(!around.areDeleted([deleted(3), deleted(2 * count - 2)]));
    ok(reads < 200, `${reads} of ${structs.length} are read`);
  });
});
