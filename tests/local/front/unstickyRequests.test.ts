import { deepEqual } from "node:assert/strict";
import { UnstickyRequests } from "../../../local/front/unstickyRequests.ts";

/** What is reported of requests, each sticky or not. */
function reportsOf(...requests: boolean[]): [number, string][] {
  const reports: [number, string][] = [];
  const unsticky = new UnstickyRequests((...report) => reports.push(report));
  requests.forEach((isSticky, index) => unsticky.add(`/rooms/${index + 1}?name=a`, isSticky));
  return reports;
}

const many = (count: number): boolean[] => Array<boolean>(count).fill(false);

describe("requests that affinity has no effect on", () => {
  it("are reported once, after many of them", () => {
    deepEqual(reportsOf(...many(49)), []);
    deepEqual(reportsOf(...many(200)), [[50, "/rooms/50"]]);
  });

  it("are not reported if one before them was sticky, whatever follows", () => {
    deepEqual(reportsOf(...many(49), true, ...many(100)), []);
  });
});
