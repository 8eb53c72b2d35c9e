import { equal } from "node:assert/strict";
import fc from "fast-check";
import { numberBefore, typedNumber } from "../../app/company/page/number.ts";

/** Often equal at the beginning, often at the ends of the alphabet. */
const characters = fc.constantFrom("0", "1", "9", "A", "B", "Y", "Z");

const numbers = fc.string({ unit: characters, minLength: 2, maxLength: 32 });

describe("the page's filter by number", () => {
  it("starts after a number so that exactly what is equal or follows is listed", () => {
    const starts = fc.string({ unit: characters, minLength: 1, maxLength: 32 });
    fc.assert(
      fc.property(numbers, starts, (number, start) => {
        equal(number > numberBefore(start), number >= start);
      }),
      { numRuns: 2000 },
    );
  });

  it("asks only for what the registry takes as a number, or for all", () => {
    const starts = fc.string({ unit: characters, maxLength: 32 });
    fc.assert(fc.property(starts, (start) => /^([0-9A-Z]{2,32})?$/.test(numberBefore(start))));
  });

  it("takes from what is typed what a number can have", () => {
    equal(typedNumber(" ab-1/ü2 "), "AB12");
    equal(typedNumber("9".repeat(40)), "9".repeat(32));
  });
});
