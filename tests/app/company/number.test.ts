import { equal } from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalNumber,
  numberBefore,
  plainNumber,
  typedNumber,
} from "../../../app/company/page/number.ts";

/** Numbers that often share a prefix, and often have the first or last characters of the alphabet. */
const characters = fc.constantFrom("0", "1", "9", "A", "B", "Y", "Z");

const numbers = fc.string({ unit: characters, minLength: 2, maxLength: 32 });

describe("a number in the page", () => {
  it("is read without the spaces, dashes and invisible characters that were copied with it", () => {
    for (const between of [
      ...[" ", "\t", "\n", "\u00a0", "\u2007", "\u202f", "\u3000"],
      ...["-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\uff0d"],
      ...["\u200b", "\ufeff", "\u2060", "\u00ad", "\u200e", "\u202c", "\ufe0f"],
    ]) {
      const pasted = `${between}hrb${between}12${between}3${between}`;
      equal(plainNumber(pasted), "hrb123", JSON.stringify(between));
      equal(canonicalNumber(pasted), "HRB123");
    }
    for (const other of ["_", "/", "\u00fc", "\u212a", "\u0661", "."]) {
      equal(plainNumber(`hrb${other}1`), `hrb${other}1`);
      equal(canonicalNumber(`hrb${other}1`), "");
    }
  });
});

describe("the page's filter by number", () => {
  it("starts after the last number before the typed one, so that one is listed first", () => {
    const starts = fc.string({ unit: characters, minLength: 1, maxLength: 32 });
    fc.assert(
      fc.property(numbers, starts, (number, start) => {
        equal(number > numberBefore(start), number >= start);
      }),
      { numRuns: 2000 },
    );
  });

  it("requests all numbers, or those after one that the registry accepts", () => {
    const starts = fc.string({ unit: characters, maxLength: 32 });
    fc.assert(fc.property(starts, (start) => /^([0-9A-Z]{2,32})?$/.test(numberBefore(start))));
  });

  it("ignores typed characters that a number cannot have", () => {
    equal(typedNumber(" ab-1/ü2 "), "AB12");
    equal(typedNumber("9".repeat(40)), "9".repeat(32));
  });
});
