import { deepEqual, equal, ok } from "node:assert/strict";
import { Latencies } from "../../verify/latencies.ts";
import { Tally } from "../../verify/tally.ts";
import { Timeline, type Sample } from "../../verify/timeline.ts";

describe("the times of a run", () => {
  it("have percentiles by nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    deepEqual(Latencies.of(hundred).summary(), { p50: 50, p99: 99, max: 100 });
    deepEqual(Latencies.of([7]).summary(), { p50: 7, p99: 7, max: 7 });
    deepEqual(Latencies.of([]).summary(), { p50: 0, p99: 0, max: 0 });
  });

  it("are kept in three digits, so there are few different ones", () => {
    const latencies = Latencies.of([1234, 1232, 1.2345, 12]);
    deepEqual(latencies.counts(), [
      [1.23, 1],
      [12, 1],
      [1230, 2],
    ]);
    equal(latencies.total, 4);
  });
});

describe("the timeline of a run", () => {
  const sampleAt = (seconds: number): Sample => ({
    seconds,
    replicas: new Map([["app-0", 5]]),
    latencies: Latencies.of([seconds]),
    breaks: 1,
  });

  it("has every sample of a short run", () => {
    const timeline = new Timeline();
    [0.5, 1, 1.5].forEach((seconds) => timeline.add(sampleAt(seconds)));
    deepEqual(timeline.points()[1], {
      seconds: 1,
      replicas: { "app-0": 5 },
      answers: 1,
      latency: { p50: 1, p99: 1, max: 1 },
      breaks: 1,
    });
    equal(timeline.points().length, 3);
  });

  it("loses resolution and nothing else when a run is long", () => {
    const timeline = new Timeline();
    for (let second = 1; second <= 20_001; second++) {
      timeline.add(sampleAt(second));
    }
    const points = timeline.points();
    ok(points.length > 1000 && points.length <= 5000, String(points.length));
    equal(points.at(-1)?.seconds, 20_001);
    equal(
      points.reduce((sum, { answers }) => sum + answers, 0),
      20_001,
    );
    equal(
      points.reduce((sum, { breaks }) => sum + breaks, 0),
      20_001,
    );
    const gaps = points
      .slice(1, -1)
      .map(({ seconds }, index) => seconds - (points[index]?.seconds ?? 0));
    deepEqual(new Set(gaps), new Set([8]));
  });

  it("is compared by thirds", () => {
    const timeline = new Timeline();
    [1, 2, 3, 4, 5, 6].forEach((seconds) => timeline.add(sampleAt(seconds)));
    deepEqual(
      timeline.thirds().map(({ answers, latency: { max } }) => [answers, max]),
      [
        [2, 2],
        [2, 4],
        [2, 6],
      ],
    );
  });
});

describe("what is kept of a session", () => {
  const tallyFrom = (clock: () => number): Tally =>
    new Tally({ session: 0, clock, onBreak: () => undefined, onAnswered: () => undefined });

  it("is bounded if each response names another replica", () => {
    const tally = tallyFrom(() => 0);
    for (let number = 0; number < 1000; number++) {
      tally.met(`app-${number}`);
    }
    const { moves, replicas, stays } = tally.result();
    equal(moves, 999);
    equal(replicas.length, 100);
    equal(stays.length, 100);
    equal(tally.replica, "app-999");
  });

  it("has the times of the first 100 breaks", () => {
    let seconds = 0;
    const tally = tallyFrom(() => (seconds += 0.5));
    for (let number = 0; number < 1000; number++) {
      tally.broke({ transport: "", kind: "closed", expected: "", met: "", detail: "" });
    }
    const { breaks, breaksAt } = tally.result();
    equal(breaks.closed, 1000);
    deepEqual([breaksAt.length, breaksAt[0], breaksAt.at(-1)], [100, 0.5, 50]);
  });
});

describe("a text from a server", () => {
  it("is kept in one line that a terminal does not obey, and not in full", () => {
    const details: string[] = [];
    const tally = new Tally({
      session: 0,
      clock: () => 0,
      onBreak: ({ detail }) => details.push(detail),
      onAnswered: () => undefined,
    });
    const broken = { transport: "", kind: "closed", expected: "", met: "" } as const;
    tally.broke({ ...broken, detail: "\u001b[2J\nsticky: all fine\u009b" });
    tally.broke({ ...broken, detail: "x".repeat(3_000_000) });
    equal(details[0], "?[2J?sticky: all fine?");
    equal(details[1]?.length, 301);
  });
});
