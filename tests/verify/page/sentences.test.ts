import { deepEqual, equal } from "node:assert/strict";
import { noBreaks } from "../../../verify/breaks.ts";
import { breakSentences } from "../../../verify/page/firstBreaks.ts";
import { interruptionSentences } from "../../../verify/page/interruptions.ts";
import { chosenLanes, laneSentences } from "../../../verify/page/lanes.ts";
import { latencySentences } from "../../../verify/page/latency.ts";
import { spreadSentences } from "../../../verify/page/spread.ts";
import { certaintyOf } from "../../../verify/page/summary.ts";
import { reportWith, sessionsOn, sessionWith } from "./reports.ts";

/** What an even spread would make of these numbers of sessions. */
function spreadOver(counts: Readonly<Record<string, number>>, source?: string): string[] {
  const replicas = Object.entries(counts).flatMap(([replica, count]) =>
    Array.from({ length: count }, () => replica),
  );
  const sessions = replicas.map((replica, index) =>
    sessionWith(index, [replica], source === undefined ? {} : { source }),
  );
  return spreadSentences(reportWith(sessions));
}

describe("the sentences of a report's page", () => {
  describe("about who met whom", () => {
    it("count those that reached several replicas, and breaks", () => {
      const sessions = [sessionWith(0, ["a", "b", "a"]), ...sessionsOn(["a", "b"], 9)];
      deepEqual(laneSentences(reportWith(sessions)).slice(1), [
        "1 of 10 clients reached several replicas.",
        "2 breaks in 1 client.",
      ]);
      deepEqual(laneSentences(reportWith(sessions.slice(1))).slice(1), [
        "Each client stayed on one replica.",
        "There were no breaks.",
      ]);
    });

    it("say what is not shown", () => {
      const names = Array.from({ length: 100 }, (_, index) => `app-${index}`);
      const breaks = { ...noBreaks(), "foreign replica": 250 };
      const wild = sessionWith(0, names, { moves: 250, breaks });
      deepEqual(laneSentences(reportWith([wild, ...sessionsOn(["a"], 100)])).slice(3), [
        "Shown are 100 of 101: those with most breaks and moves, then others, evenly chosen.",
        "Of each client, the first 100 moves and breaks are shown.",
      ]);
      const closed = (count: number) => [
        sessionWith(0, ["a"], { breaks: { ...noBreaks(), closed: count } }),
      ];
      equal(laneSentences(reportWith(closed(101))).length, 4);
      equal(laneSentences(reportWith(closed(100))).length, 3);
    });

    it("say that names are missing", () => {
      equal(
        laneSentences(reportWith([sessionWith(0, [])]))[1],
        "The server does not name its replicas, so the lanes show only breaks.",
      );
    });
  });

  it("are about the sessions that broke or moved, and of the others about an even choice", () => {
    const sessions = sessionsOn(["a", "b"], 1000);
    sessions[500] = sessionWith(500, ["a", "b"]);
    sessions[700] = sessionWith(700, [], { breaks: { ...noBreaks(), closed: 1 } });
    const chosen = chosenLanes(sessions).map(({ session }) => session);
    equal(chosen.length, 100);
    deepEqual(chosen.slice(0, 2), [700, 500]);
    const others = chosen.slice(2).toSorted((a, b) => a - b);
    const gaps = others.slice(1).map((each, index) => each - (others[index] ?? 0));
    deepEqual([others[0], Math.min(...gaps), Math.max(...gaps)], [0, 10, 11]);
  });

  describe("about the spread", () => {
    it("find it no more uneven than chance within the band", () => {
      deepEqual(spreadOver({ a: 47, b: 33, c: 20 }), [
        "If each of the 100 clients chose one of 3 replicas at random, every replica would get 20 to 47 in at least 99 of 100 runs; the band shows this range.",
        "All are within this band: no more uneven than chance.",
      ]);
    });

    it("find it more uneven than chance outside of the band", () => {
      const outside = "outside of this band: more uneven than chance.";
      equal(spreadOver({ a: 48, b: 30, c: 22 })[1], `1 replica of 3 is ${outside}`);
      equal(spreadOver({ a: 48, b: 33, c: 19 })[1], `2 replicas of 3 are ${outside}`);
    });

    it("find nothing in a few", () => {
      equal(spreadOver({ a: 2, b: 1 })[1], "There are too few to tell chance from bias.");
    });

    it("count addresses if each of them has its sessions on one replica", () => {
      const sessions = Array.from({ length: 100 }, (_, index) => {
        const address = index % 10;
        return sessionWith(index, [address < 8 ? "a" : "b"], { source: String(address) });
      });
      deepEqual(spreadSentences(reportWith(sessions)), [
        "All clients from one address reached the same replica first, so addresses are counted: a load balancer with affinity by address places these, not clients.",
        "If each of the 10 addresses chose one of 2 replicas at random, every replica would get 1 to 9 in at least 99 of 100 runs; the band shows this range.",
        "All are within this band: no more uneven than chance.",
      ]);
    });

    it("count sessions if those of one address are on several replicas", () => {
      match(spreadOver({ a: 80, b: 20 }, "10.0.0.1")[0], "If each of the 100 clients chose");
    });

    it("take addresses that the system chose in two runs for two", () => {
      const sessions = Array.from({ length: 40 }, (_, index) =>
        sessionWith(index, [index < 20 ? "a" : "b"], { run: index < 20 ? 0 : 1, source: "" }),
      );
      const [run] = reportWith([]).runs;
      const runs = run === undefined ? [] : [run, run];
      match(spreadSentences(reportWith(sessions, { runs }))[1], "If each of the 2 addresses");
    });

    it("leave out replicas that a roll-out starts, and not those that only strays met", () => {
      const sessions = [...sessionsOn(["a", "b"], 20), sessionWith(20, ["a", "c"])];
      const rolled = spreadSentences(reportWith(sessions, { scenario: "rollout" }));
      match(rolled[0], "If each of the 21 clients chose one of 2 replicas");
      equal(rolled[2], "Left out: 1 replica that no client reached first.");
      match(spreadSentences(reportWith(sessions))[0], "If each of the 21 clients chose one of 3 ");
    });

    it("say why there is none", () => {
      deepEqual(spreadOver({ a: 5 }), [
        "All clients reached one replica first, so there is nothing to compare.",
      ]);
      deepEqual(spreadSentences(reportWith([sessionWith(0, [])])), [
        "The server does not name its replicas, so their shares are not known.",
      ]);
    });
  });

  it("tell how long answers took, and whether a soak slowed down", () => {
    const third = (p99: number) => ({ answers: 10, latency: { p50: 1, p99, max: p99 }, breaks: 0 });
    const report = reportWith(sessionsOn(["a"], 1), {
      latencies: [
        [5, 98],
        [1500, 2],
      ],
      thirds: [third(20), third(30), third(1500)],
    });
    deepEqual(latencySentences(report), [
      "Of 100 answers, half took at most 5 ms and 99 % at most 1.5 s; the slowest took 1.5 s.",
      "In the first third of the run, 99 % took at most 20 ms, in the last third 1.5 s.",
    ]);
    deepEqual(latencySentences(reportWith([sessionWith(0, [], { echoed: 0 })])), [
      "Nothing was answered.",
    ]);
  });

  it("tell how long a roll-out kept sessions away and what it lost", () => {
    const sessions = [10, 500, 90_000].map((awayMs, index) =>
      sessionWith(index, ["a", "b"], { awayMs, lost: index }),
    );
    deepEqual(interruptionSentences(reportWith(sessions)).slice(1), [
      "Half of the clients were away for at most 500 ms, the longest for 90 s.",
      "2 clients lost something: 3 requests without a response.",
    ]);
    const [kept = sessionWith(0, [])] = sessions;
    equal(interruptionSentences(reportWith([kept]))[2], "None lost anything.");
  });

  it("tell what broke, and that moves in a roll-out do not count", () => {
    const sessions = [sessionWith(0, ["a", "b"])];
    const kind = "foreign replica" as const;
    const first = { session: 0, transport: "", kind, expected: "a", met: "b", seconds: 5 };
    deepEqual(breakSentences(reportWith(sessions, { firstBreaks: [{ ...first, detail: "" }] })), [
      "1 break: 1 by a foreign replica, 0 unanswered.",
      "Foreign replica: another replica than before answered.",
    ]);
    equal(
      breakSentences(reportWith(sessions, { scenario: "rollout" }))[1],
      "They are expected: clients may move while replicas are replaced or added.",
    );
    deepEqual(breakSentences(reportWith(sessionsOn(["a"], 1))), ["There were none."]);
  });

  it("tell which strays the run would have found, except in a roll-out", () => {
    const sessions = sessionsOn(["a", "b"], 100);
    equal(
      certaintyOf(reportWith(sessions)),
      "1900 connections could have gone astray: strays of one in 413 would have been found with 99 % certainty, rarer ones perhaps not.",
    );
    equal(certaintyOf(reportWith(sessions, { scenario: "rollout" })), "");
  });
});

function match(text: string | undefined, start: string): void {
  equal(text?.slice(0, start.length), start);
}
