import { deepEqual, equal, ok } from "node:assert/strict";
import { compare } from "../../bench/contenders.ts";
import { costsOf, play, windowCostsOf, type Outcome } from "../../bench/documentBench.ts";
import { typeInWindows, type WindowOutcome } from "../../bench/windowPair.ts";
import { endRuns, runNode } from "../drivers/localRun.ts";

const SCENE = { documents: 3, people: 5, keystrokes: 5, warmUp: 1 };
const WINDOWS = { keys: 3, warmUp: 1 };

/** By what each keystroke of a document has to hop to, if each replica with people in it gets it once. */
function hopsOf({ perReplica }: Outcome): number {
  return perReplica.reduce((sum, { size }) => sum + SCENE.keystrokes * (size - 1), 0);
}

describe("npm run bench -- documents, with each affinity side by side", function () {
  // Three runs of three replicas and a database start at once.
  this.timeout(180_000);

  let outcomes: readonly Outcome[];
  let windows: readonly WindowOutcome[];

  before(async () => {
    await compare("document", async (contenders) => {
      outcomes = await play(SCENE, contenders);
      windows = await typeInWindows(contenders, WINDOWS);
    });
  });

  it("shows every keystroke to everybody else once", () => {
    const keystrokes = SCENE.documents * SCENE.keystrokes;
    const all = keystrokes * (SCENE.people - 1);
    const counts = outcomes.map((outcome) => [
      outcome.affinity,
      outcome.keystrokes,
      outcome.sights.length,
    ]);
    const expected = ["none", "cookie", "key"].map((affinity) => [affinity, keystrokes, all]);
    deepEqual(counts, expected);
    ok(outcomes.every(({ sights }) => sights.every(({ ms }) => ms > 0)));
  });

  it("counts a hop for every other replica with people in the document", () => {
    deepEqual(
      outcomes.map(({ hops }) => hops),
      outcomes.map(hopsOf),
    );
  });

  it("has a document's people on one replica by key, and spread at random and by cookie", () => {
    const [none, cookie, key] = outcomes;
    const together = outcomes.map(({ sights }) => sights.every(({ isTogether }) => isTogether));
    deepEqual(together, [false, false, true]);
    deepEqual(
      key?.perReplica.map((people) => [...people.values()]),
      [[5], [5], [5]],
    );
    equal(key.hops, 0);
    ok(none !== undefined && none.hops > 0);
    ok(cookie !== undefined && cookie.hops > 0);
  });

  it("types in one window and measures in another one, on another replica unless by key", () => {
    deepEqual(
      windows.map(({ affinity, replicas }) => [affinity, new Set(replicas).size]),
      [
        ["none", 2],
        ["cookie", 2],
        ["key", 1],
      ],
    );
    deepEqual(
      windows.map(({ latencies }) => latencies.filter((ms) => ms > 0).length),
      [3, 3, 3],
    );
  });
});

describe("npm run bench", () => {
  afterEach(endRuns);

  it("compares medians and percentiles with those by key, and reports the cost of a hop", () => {
    const sights = (...milliseconds: [ms: number, isTogether: boolean][]) =>
      milliseconds.map(([ms, isTogether]) => ({ ms, isTogether }));
    const rest = { keystrokes: 2, perReplica: [] };
    const cookie = { sights: sights([4, true], [9, false], [30, false], [10, false]), hops: 3 };
    const key = { sights: sights([4, true], [6, true], [5, true], [12, true]), hops: 0 };
    deepEqual(
      costsOf([
        { affinity: "cookie", ...cookie, ...rest },
        { affinity: "key", ...key, ...rest },
      ]),
      {
        cookie: {
          keystrokes: "2",
          seen: "4",
          "on one replica": "25 %",
          "hops/keystroke": "1.50",
          "median ms": "9.0 × 1.80",
          "on one: median ms": "4.0",
          "on two: median ms": "10.0",
          "95 % ms": "30.0 × 2.50",
          "99 % ms": "-",
        },
        key: {
          keystrokes: "2",
          seen: "4",
          "on one replica": "100 %",
          "hops/keystroke": "0.00",
          "median ms": "5.0 × 1.00",
          "on one: median ms": "5.0",
          "on two: median ms": "-",
          "95 % ms": "12.0 × 1.00",
          "99 % ms": "-",
        },
      },
    );
    const many = Array.from({ length: 1000 }, (_, index) => [index + 1, true] as [number, boolean]);
    const enough = costsOf([{ affinity: "key", sights: sights(...many), hops: 0, ...rest }]);
    equal(enough.key?.["99 % ms"], "990.0 × 1.00");
  });

  it("compares windows with those by key, and reports how many replicas they are on", () => {
    deepEqual(
      windowCostsOf([
        { affinity: "cookie", replicas: ["a", "b"], latencies: [10, 30, 20] },
        { affinity: "key", replicas: ["a", "a"], latencies: [8, 5, 20] },
      ]),
      {
        cookie: { replicas: "2", "median ms": "20.0 × 2.50", "95 % ms": "30.0 × 1.50" },
        key: { replicas: "1", "median ms": "8.0 × 1.00", "95 % ms": "20.0 × 1.00" },
      },
    );
  });

  const refusals: [string[], string][] = [
    [
      [],
      "npm run bench -- was not understood: missing required argument 'name'; it must be called with <name>",
    ],
    [
      ["company"],
      'name is "company"; it must be registry or documents or verifier (for example registry)',
    ],
    [
      ["documents", "--people"],
      "npm run bench -- was not understood: unknown option '--people'; it must be called with <name>",
    ],
  ];
  for (const [args, message] of refusals) {
    it(`rejects ${JSON.stringify(args)} in one line with exit status 2`, async () => {
      const run = runNode("bench/main.ts", args);
      equal(await run.ended, 2);
      equal(run.err, `${message}\n`);
      equal(run.out, "");
    });
  }
});
