import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import { bytes } from "../../support/documentFrames.ts";

/** A character that one client has put right of another one. */
interface Crafted {
  origin: readonly [client: number, clock: number];
}

/** Where a range of a client begins, and its length. */
type Deletion = readonly [start: number, length: number];

/** The client whose text everybody puts something into. */
const BASE = 1;
const LOW = 2;
const HIGH = 3;

/** The update that makes the paragraph that the others write in; its text begins with the item 2 of the client. */
export function base(length = 2): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = BASE;
  const paragraph = new Y.XmlElement("paragraph");
  doc.getXmlFragment("body").insert(0, [paragraph]);
  paragraph.insert(0, [new Y.XmlText("x".repeat(length))]);
  return Y.encodeStateAsUpdate(doc);
}

/** What a client adds from a clock on. */
function added(encoder: encoding.Encoder, client: number, clock: number, all: Crafted[]): void {
  [all.length, client, clock].forEach((each) => encoding.writeVarUint(encoder, each));
  for (const { origin } of all) {
    encoding.writeUint8(encoder, 4 | 128);
    origin.forEach((each) => encoding.writeVarUint(encoder, each));
    encoding.writeVarString(encoder, "y");
  }
}

/** Characters of two clients: those of the second one come after all of the first one. */
function rivals(count: number): { low: Crafted[]; high: Crafted[] } {
  const atOnePlace = (): Crafted => ({ origin: [BASE, 2] });
  const low = Array.from({ length: count }, atOnePlace);
  const high = Array.from({ length: count }, atOnePlace);
  // That keeps Yjs from the order in which they would not have to be compared.
  high[0] = { origin: [LOW, count - 1] };
  return { low, high };
}

/** An update of so many characters that were put at one place: half of them are compared with each of the others. */
export function crowded(count: number): Uint8Array {
  const { low, high } = rivals(count / 2);
  return bytes((encoder) => {
    encoding.writeVarUint(encoder, 2);
    added(encoder, HIGH, 0, high);
    added(encoder, LOW, 0, low);
    encoding.writeVarUint(encoder, 0);
  });
}

/** The same in updates of few characters each. */
export function crowdedBit(count: number, each: number): Uint8Array[] {
  const { low, high } = rivals(count / 2);
  const updates: Uint8Array[] = [];
  for (const [client, all] of [
    [LOW, low],
    [HIGH, high],
  ] as const) {
    for (let start = 0; start < all.length; start += each) {
      updates.push(
        bytes((encoder) => {
          encoding.writeVarUint(encoder, 1);
          added(encoder, client, start, all.slice(start, start + each));
          encoding.writeVarUint(encoder, 0);
        }),
      );
    }
  }
  return updates;
}

/** An update of so many empty paragraphs, each of which is one item, after as many that are there before. */
export function paragraphs(count: number, before = 0): Uint8Array {
  return bytes((encoder) => {
    [1, count, BASE, before].forEach((each) => encoding.writeVarUint(encoder, each));
    for (let clock = before; clock < before + count; clock++) {
      encoding.writeUint8(encoder, clock === 0 ? 7 : 7 | 128);
      encoding.writeVarUint(encoder, 1);
      if (clock === 0) {
        encoding.writeVarString(encoder, "body");
      } else {
        encoding.writeVarUint(encoder, clock - 1);
      }
      encoding.writeVarUint(encoder, 3);
      encoding.writeVarString(encoder, "paragraph");
    }
    encoding.writeVarUint(encoder, 0);
  });
}

/** An update that only deletes. */
export function deleting(client: number, deletions: readonly Deletion[]): Uint8Array {
  return bytes((encoder) => {
    [0, 1, client, deletions.length, ...deletions.flat()].forEach((each) =>
      encoding.writeVarUint(encoder, each),
    );
  });
}

/** Every second character of a text of the base, of so many, the last one first or last. */
export function everySecond(count: number, isDescending: boolean): Uint8Array {
  const deletions = Array.from({ length: count }, (_, index): Deletion => [3 + 2 * index, 1]);
  return deleting(BASE, isDescending ? deletions.reverse() : deletions);
}

/** The state vector of somebody who claims to know so many clients. */
export function vectorOf(clients: number): Uint8Array {
  return bytes((encoder) => {
    encoding.writeVarUint(encoder, clients);
    for (let client = 0; client < clients; client++) {
      encoding.writeVarUint(encoder, 1000 + client);
      encoding.writeVarUint(encoder, 1);
    }
  });
}
