import { deepEqual, ok } from "node:assert/strict";
import { chanceBand } from "../../verify/statistics.ts";

describe("the spread that chance explains", () => {
  // Computed with exact fractions.
  const bands: [trials: number, places: number, least: number, most: number][] = [
    [0, 3, 0, 0],
    [1, 2, 0, 1],
    [10, 2, 1, 9],
    [20, 3, 1, 13],
    [100, 2, 36, 64],
    [100, 3, 20, 47],
    [1000, 8, 92, 160],
  ];
  for (const [trials, places, least, most] of bands) {
    it(`is ${least} to ${most} for ${trials} in ${places} places`, () => {
      deepEqual(chanceBand(trials, places), { least, most });
    });
  }

  it("can be computed if the chance of an empty place is too small for a number", () => {
    deepEqual(chanceBand(10_000, 2), { least: 4860, most: 5140 });
  });

  it("has the counts of all places at once in 99 % of cases", () => {
    const [trials, places] = [9, 3];
    const { least, most } = chanceBand(trials, places);
    const cases = places ** trials;
    let within = 0;
    for (let number = 0; number < cases; number++) {
      const counts = [0, 0, 0];
      for (const digit of number.toString(places).padStart(trials, "0")) {
        counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1;
      }
      within += counts.every((count) => count >= least && count <= most) ? 1 : 0;
    }
    ok(within >= 0.99 * cases && within < cases, `${within} of ${cases}`);
  });
});
