import { deepEqual, equal, ok } from "node:assert/strict";
import type { Evidence } from "../../verify/evidence.ts";
import { judge } from "../../verify/judge.ts";
import { detectableRate, histogramOf, oneIn } from "../../verify/statistics.ts";

const NO_SCALING = { replicas: 3, added: 0, moved: 0, homeless: 0, needless: 0, moves: 0 };

const GOOD: Evidence = {
  unit: "session",
  scenario: "steady",
  chances: 1000,
  replicas: 3,
  breaks: { "unknown session": 0, "foreign replica": 0, closed: 0, unanswered: 0 },
  sessions: 10,
  interruptedAfter: undefined,
  moved: 0,
  reconnected: 0,
  silent: 0,
  sent: 1000,
  lost: 0,
  doubled: 0,
  errors: 0,
  maxFailures: 1,
  cookieless: 0,
  restless: 0,
  lastChances: 0,
  networks: [],
  scaling: { ...NO_SCALING, replicas: 3, added: 0, moved: 0, homeless: 0 },
};

/** A roll-out in which every session moved. */
const ROLLED: Partial<Evidence> = { scenario: "rollout", moved: 10, reconnected: 10 };

/** A roll-out over plain HTTP, in which all went well. */
const ROLLED_KEYS: Partial<Evidence> = {
  unit: "key",
  scenario: "rollout",
  moved: 4,
  breaks: { ...GOOD.breaks, "foreign replica": 4 },
  lastChances: 136,
};

/** One replica was added to three, of 100 keys. */
const SCALED_KEYS: Partial<Evidence> = {
  unit: "key",
  scenario: "scale",
  sessions: 100,
  lastChances: 136,
  scaling: { ...NO_SCALING, replicas: 4, added: 1, moved: 37, homeless: 0 },
};

describe("the verdict", () => {
  const verdicts: [string, Partial<Evidence>, string][] = [
    ["sticky when nothing went astray", {}, "sticky"],
    ["sticky when a server names no replica", { replicas: 0 }, "sticky"],
    [
      "impossible when neither names nor the protocol show a break",
      { replicas: 0, chances: 0 },
      "cannot be judged",
    ],
    [
      "inconclusive when nothing was answered at all",
      { replicas: 0, chances: 0, silent: 10, lost: 1000 },
      "inconclusive",
    ],
    [
      "not sticky after a single 404",
      { breaks: { ...GOOD.breaks, "unknown session": 1 } },
      "not sticky",
    ],
    [
      "not sticky after a single answer of a foreign replica",
      { breaks: { ...GOOD.breaks, "foreign replica": 1 } },
      "not sticky",
    ],
    [
      "not sticky even with one replica if a request reached a server without the session",
      { replicas: 1, breaks: { ...GOOD.breaks, "unknown session": 1 } },
      "not sticky",
    ],
    ["inconclusive when everything reached one replica", { replicas: 1 }, "inconclusive"],
    ["inconclusive when nothing could go astray", { chances: 0 }, "inconclusive"],
    [
      "inconclusive when there were too few requests to detect a front that strays",
      { chances: 135 },
      "inconclusive",
    ],
    [
      "sticky when strays of one in 30 would have been found with 99 % certainty",
      { chances: 136 },
      "sticky",
    ],
    ["sticky when 1 % of messages were lost", { lost: 10 }, "sticky"],
    ["inconclusive when more were lost", { lost: 11 }, "inconclusive"],
    [
      "inconclusive when failures of all kinds are more than 1 %",
      { lost: 4, errors: 7, breaks: { ...GOOD.breaks, closed: 3 } },
      "inconclusive",
    ],
    ["sticky when that many failures are tolerated", { errors: 200, maxFailures: 20 }, "sticky"],
    ["inconclusive when no failure is tolerated", { errors: 1, maxFailures: 0 }, "inconclusive"],
    [
      "not sticky when connections went astray among many failures",
      { errors: 900, breaks: { ...GOOD.breaks, "unknown session": 1 } },
      "not sticky",
    ],
    ["inconclusive when a session was never answered", { silent: 1 }, "inconclusive"],
    ["sticky when sessions were only closed", { breaks: { ...GOOD.breaks, closed: 10 } }, "sticky"],
    [
      "sticky in a roll-out that moved sessions and lost nothing",
      { ...ROLLED, breaks: { ...GOOD.breaks, "unknown session": 9 } },
      "sticky",
    ],
    ["not sticky in a roll-out that lost a message", { ...ROLLED, lost: 1 }, "not sticky"],
    ["not sticky in a roll-out that duplicated a message", { ...ROLLED, doubled: 1 }, "not sticky"],
    [
      "inconclusive in a roll-out that did not move everybody",
      { ...ROLLED, reconnected: 9 },
      "inconclusive",
    ],
    [
      "inconclusive when a client that should keep cookies got none",
      { unit: "client", cookieless: 1 },
      "inconclusive",
    ],
    [
      "sticky when replicas answered with few errors, and always the same",
      { unit: "key", errors: 9 },
      "sticky",
    ],
    [
      "inconclusive in a roll-out in which every session was opened again on its old replica",
      { ...ROLLED, moved: 0 },
      "inconclusive",
    ],
    [
      "inconclusive in a roll-out of replicas that are not named",
      { ...ROLLED, moved: 0, replicas: 0 },
      "inconclusive",
    ],
    [
      "impossible after reconnects if replicas are not named",
      { scenario: "reconnect", replicas: 0 },
      "cannot be judged",
    ],
    [
      "impossible in a roll-out of clients if replicas are not named",
      { ...ROLLED_KEYS, replicas: 0, chances: 0 },
      "cannot be judged",
    ],
    [
      "sticky if what sessions lost when they were closed is 1 %",
      { lost: 10, breaks: { ...GOOD.breaks, closed: 10 } },
      "sticky",
    ],
    [
      "sticky in a roll-out in which keys moved and then stayed, and everybody was answered",
      { ...ROLLED_KEYS },
      "sticky",
    ],
    ["not sticky in such a roll-out with an error", { ...ROLLED_KEYS, errors: 1 }, "not sticky"],
    ["not sticky in such a roll-out with no answer", { ...ROLLED_KEYS, lost: 1 }, "not sticky"],
    [
      "inconclusive in such a roll-out if a key moved at the end",
      { ...ROLLED_KEYS, restless: 1 },
      "inconclusive",
    ],
    [
      "inconclusive in such a roll-out with clients that got no cookie",
      { ...ROLLED_KEYS, unit: "client", cookieless: 1 },
      "inconclusive",
    ],
    [
      "inconclusive in such a roll-out that moved no key",
      { ...ROLLED_KEYS, moved: 0 },
      "inconclusive",
    ],
    [
      "inconclusive in such a roll-out with too few requests to detect a front that strays",
      { ...ROLLED_KEYS, lastChances: 135 },
      "inconclusive",
    ],
    [
      "sticky when as many keys moved to an added replica as chance explains",
      SCALED_KEYS,
      "sticky",
    ],
    [
      "not sticky when more of them moved",
      { ...SCALED_KEYS, scaling: { ...NO_SCALING, replicas: 4, added: 1, moved: 38, homeless: 0 } },
      "not sticky",
    ],
    [
      "sticky when the others lost their replica",
      {
        ...SCALED_KEYS,
        scaling: { ...NO_SCALING, replicas: 3, added: 1, moved: 66, homeless: 33 },
      },
      "sticky",
    ],
    [
      "not sticky when a few of them moved to replicas that were not new",
      { ...SCALED_KEYS, scaling: { ...NO_SCALING, replicas: 4, added: 1, moved: 20, needless: 6 } },
      "not sticky",
    ],
    [
      "not sticky when keys moved again and again until they returned",
      { ...SCALED_KEYS, scaling: { ...NO_SCALING, replicas: 4, added: 1, moved: 9, moves: 114 } },
      "not sticky",
    ],
    [
      "inconclusive when none was added",
      { ...SCALED_KEYS, scaling: { ...NO_SCALING, replicas: 3, added: 0, moved: 0, homeless: 0 } },
      "inconclusive",
    ],
    [
      "inconclusive when a key still moved at the end of scaling",
      { ...SCALED_KEYS, restless: 1 },
      "inconclusive",
    ],
    [
      "inconclusive when keys moved and more requests failed than are tolerated",
      { ...SCALED_KEYS, lost: 11 },
      "inconclusive",
    ],
    [
      "impossible when replicas are not named while one is added",
      {
        ...SCALED_KEYS,
        chances: 0,
        replicas: 0,
        scaling: { ...NO_SCALING, replicas: 0, added: 0, moved: 0, homeless: 0 },
      },
      "cannot be judged",
    ],
  ];
  for (const [title, evidence, verdict] of verdicts) {
    it(`is ${title}`, () => {
      equal(judge({ ...GOOD, ...evidence }).verdict, verdict);
    });
  }

  it("reports the number of connections that went astray", () => {
    const breaks = { "unknown session": 2, "foreign replica": 1, closed: 5, unanswered: 0 };
    deepEqual(judge({ ...GOOD, breaks }).reasons, [
      "3 of 1000 connections went astray",
      "5 sessions closed unexpectedly",
    ]);
  });

  it("reports failures, their limit and their kinds", () => {
    deepEqual(judge({ ...GOOD, unit: "key", lost: 4, errors: 8 }).reasons, [
      "12 failures in 1000 requests are more than 1 %",
      "4 requests not answered by a replica",
      "8 responses with a 5xx status",
    ]);
  });

  it("reports that clients got no cookies beside the connections that went astray", () => {
    const breaks = { ...GOOD.breaks, "foreign replica": 3 };
    deepEqual(judge({ ...GOOD, unit: "client", breaks, cookieless: 10, errors: 2 }).reasons, [
      "3 of 1000 connections went astray",
      "10 of 10 clients got no cookie that they could send back",
      "2 responses with a 5xx status",
    ]);
  });
});

describe("statistics", () => {
  it("compute the rate of strays that is found with 99 % certainty", () => {
    equal(detectableRate(0), 1);
    equal(detectableRate(1), 0.99);
    equal(detectableRate(2).toFixed(5), "0.90000");
    equal(detectableRate(100).toFixed(5), "0.04501");
    ok(detectableRate(2300) > 1 / 500);
    ok(detectableRate(2301) < 1 / 500);
    equal(oneIn(detectableRate(2301)), "one in 500");
    equal(oneIn(detectableRate(2300)), "one in 499");
  });

  it("count every time in one bin", () => {
    const counts = [
      [0, 1],
      [0.9, 1],
      [1, 1],
      [4.9, 2],
    ] as const;
    deepEqual(histogramOf(counts), [
      { fromMs: 0, toMs: 1, times: 2 },
      { fromMs: 1, toMs: 2, times: 1 },
      { fromMs: 2, toMs: 5, times: 2 },
    ]);
    deepEqual(histogramOf([[7000, 1]]).at(-1), { fromMs: 5000, toMs: Infinity, times: 1 });
  });
});
