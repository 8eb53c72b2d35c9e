import type { GeneratorValue } from "fast-check";
import fc from "fast-check";
import * as encoding from "lib0/encoding";
import { bytes } from "../../../support/documentFrames.ts";

/** An item by its client and clock. */
export type Id = readonly [client: number, clock: number];

/** Kinds of content as Yjs writes them, those twice that people make most. */
const GAP = 0;
const DELETED = 1;
const TEXT = 4;
const FORMAT = 6;
const TYPE = 7;
const ANY = 8;
const KINDS = [TEXT, TEXT, TEXT, TEXT, TYPE, TYPE, FORMAT, ANY, DELETED, GAP] as const;

const HAS_ORIGIN = 128;
const HAS_RIGHT_ORIGIN = 64;
const HAS_KEY = 32;

const TYPE_REFERENCES = { map: 1, element: 3, text: 6 };
const TYPES = ["paragraph", "bulletList", "listItem", "heading", "codeBlock", "hardBreak"];
const ROOTS = ["title", "fields", "comments", "body"];
const KEYS = ["author", "level", "text", "x", "resolved", "one"];
const MARKS = ["bold", "comment--AAAAAAAA", "link"];

/** The clients that own the items. */
const CLIENTS = [13, 12, 11];

/** An update that nobody's editor made, and what is there with it. */
export interface CraftedUpdate {
  update: Uint8Array;
  ids: readonly Id[];
  clocks: ReadonlyMap<number, number>;
}

/** Crafts an update whose items stand anywhere among those that are there, and among each other. */
export function craftUpdate(
  gen: GeneratorValue,
  there: { ids: readonly Id[]; clocks: ReadonlyMap<number, number> },
): CraftedUpdate {
  const made: Id[] = [];
  const clocks = new Map(there.clocks);
  const isChosen = (): boolean => gen(fc.boolean);
  const below = (count: number): number => gen(fc.nat, { max: count - 1 });
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const anywhere = (): Id =>
    pick(isChosen() && made.length > 0 ? made : isChosen() ? there.ids.slice(-12) : there.ids);

  function writeItem(encoder: encoding.Encoder): number {
    const put = (...numbers: number[]): void =>
      numbers.forEach((each) => encoding.writeVarUint(encoder, each));
    const kind = pick(KINDS);
    if (kind === GAP) {
      const length = 1 + below(2);
      put(GAP, length);
      return length;
    }
    const origin = below(4) > 0 ? anywhere() : undefined;
    const next = origin && below(3) === 0 ? ([origin[0], origin[1] + 1] as const) : undefined;
    const right = next ?? (below(5) > 2 ? anywhere() : undefined);
    const isFirst = origin === undefined && right === undefined;
    const key = isFirst && isChosen() ? pick(KEYS) : undefined;
    const flags =
      (origin ? HAS_ORIGIN : 0) |
      (right ? HAS_RIGHT_ORIGIN : 0) |
      (key === undefined ? 0 : HAS_KEY);
    encoding.writeUint8(encoder, kind | flags);
    [origin, right].forEach((id) => id && put(...id));
    if (isFirst) {
      if (isChosen()) {
        put(1);
        encoding.writeVarString(encoder, pick(ROOTS));
      } else {
        put(0, ...anywhere());
      }
      if (key !== undefined) {
        encoding.writeVarString(encoder, key);
      }
    }
    return writeContent(encoder, kind);
  }

  function writeContent(encoder: encoding.Encoder, kind: (typeof KINDS)[number]): number {
    const put = (value: number): void => encoding.writeVarUint(encoder, value);
    switch (kind) {
      case TEXT: {
        const text = pick(["a", "bc", "def"]);
        encoding.writeVarString(encoder, text);
        return text.length;
      }
      case DELETED: {
        const length = 1 + below(3);
        put(length);
        return length;
      }
      case FORMAT:
        encoding.writeVarString(encoder, pick(MARKS));
        encoding.writeVarString(encoder, pick(["null", "{}", '{"id":"x"}']));
        return 1;
      case ANY:
        put(1);
        encoding.writeAny(encoder, pick(["x", 1, true, null]));
        return 1;
      default: {
        const type = pick(["map", "text", "element", "element", "element"] as const);
        put(TYPE_REFERENCES[type]);
        if (type === "element") {
          encoding.writeVarString(encoder, pick(TYPES));
        }
        return 1;
      }
    }
  }

  const update = bytes((encoder) => {
    const clients = CLIENTS.filter(isChosen);
    encoding.writeVarUint(encoder, clients.length);
    for (const client of clients) {
      const count = 1 + below(3);
      let clock = clocks.get(client) ?? 0;
      [count, client, clock].forEach((each) => encoding.writeVarUint(encoder, each));
      for (let item = 0; item < count; item++) {
        const end = clock + writeItem(encoder);
        for (; clock < end; clock++) {
          made.push([client, clock]);
        }
      }
      clocks.set(client, clock);
    }
    const deleted = below(5) < 2 ? anywhere() : undefined;
    const ranges = deleted ? [1, deleted[0], 1, deleted[1], 1 + below(3)] : [0];
    ranges.forEach((each) => encoding.writeVarUint(encoder, each));
  });
  return { update, ids: [...there.ids, ...made], clocks };
}
