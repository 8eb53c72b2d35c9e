import { deepEqual, equal } from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import type { Report, Verdict } from "../../verify/report.ts";
import { reportJunit } from "../../verify/reportJunit.ts";
import { openPage, startBrowser } from "../drivers/browser.ts";

const NO_BREAKS = { "unknown session": 0, "foreign replica": 0, closed: 0, unanswered: 0 };
const LATENCY = { p50: 1, p99: 2, max: 3 };

const STICKY: Report = {
  version: "3.0",
  url: "http://127.0.0.1:8080/?a=1&b=2",
  kind: "http",
  unit: "client",
  replica: "header:X-Replica",
  scenario: "steady",
  maxFailures: 1,
  runs: [
    {
      id: "00000000-0000-4000-8000-000000000001",
      network: "office",
      started: "2026-11-28T12:00:00.000Z",
      seconds: 15.1234,
      interrupted: false,
      seed: 1,
    },
  ],
  verdict: "sticky",
  reasons: ["none of 900 connections went astray"],
  chances: 900,
  detectableRate: 0.005,
  totals: {
    ...{ sessions: 100, reconnects: 0, moves: 0, sent: 1000, echoed: 1000, doubled: 0 },
    ...{ lost: 0, awayMs: 0 },
    latency: LATENCY,
  },
  breaks: NO_BREAKS,
  visits: { errors: 0, repeated: 0 },
  firstBreaks: [],
  replicas: [],
  sessions: [],
  timeline: [],
  latencies: [],
};

/** As CI reads it. */
interface Suite {
  name: string;
  counts: string[];
  time: string;
  cases: { id: string; problem: string; message: string; details: string; output: string }[];
}

describe("the report of npm run verify as JUnit XML", () => {
  let browser: Browser;
  let page: Page;

  before(async () => {
    browser = await startBrowser();
    ({ page } = await openPage(browser, "about:blank"));
  });
  after(() => browser.close());

  /** What a strict parser of XML 1.0 finds in a report. */
  function read(report: Report, maxFailures = 1): Promise<Suite> {
    return page.evaluate(
      (xml) => {
        const parsed = new DOMParser().parseFromString(xml, "text/xml");
        const fault = parsed.querySelector("parsererror");
        const suite = parsed.querySelector("testsuites > testsuite");
        if (fault !== null || suite === null) {
          throw new Error(fault?.textContent ?? "no suite");
        }
        const get = (element: Element | null, name: string): string =>
          element?.getAttribute(name) ?? "";
        const cases = [...suite.querySelectorAll("testcase")].map((each) => {
          const problem = each.querySelector("failure, error");
          return {
            id: `${get(each, "classname")}: ${get(each, "name")}`,
            problem: problem === null ? "" : `${problem.tagName} ${get(problem, "type")}`,
            message: get(problem, "message"),
            details: problem?.textContent ?? "",
            output: each.querySelector("system-out")?.textContent ?? "",
          };
        });
        return {
          name: get(suite, "name"),
          counts: ["tests", "failures", "errors"].map((name) => get(suite, name)),
          time: get(suite, "time"),
          cases,
        };
      },
      reportJunit({ ...report, maxFailures }),
    );
  }

  it("has a test for the verdict, and one for the failures that it tolerates", async () => {
    const { cases, counts, name, time } = await read(STICKY);
    equal(name, "sockjs-sticky verify http://127.0.0.1:8080/?a=1&b=2");
    deepEqual(counts, ["2", "0", "0"]);
    equal(time, "15.123");
    const passed = { problem: "", message: "", details: "" };
    deepEqual(cases, [
      {
        id: "sockjs-sticky.http: http://127.0.0.1:8080/?a=1&b=2: clients are sticky in scenario steady",
        ...passed,
        output: "none of 900 connections went astray",
      },
      {
        id: "sockjs-sticky.http: http://127.0.0.1:8080/?a=1&b=2: at most 1 % of requests fail",
        ...passed,
        output: "0 lost, 0 with a 5xx status, 0 sessions closed, of 1000",
      },
    ]);
  });

  const verdicts: [Verdict, string, string[]][] = [
    ["not sticky", "failure not sticky", ["2", "1", "0"]],
    ["inconclusive", "error inconclusive", ["2", "0", "1"]],
    ["cannot be judged", "error cannot be judged", ["2", "0", "1"]],
  ];
  for (const [verdict, problem, counts] of verdicts) {
    it(`does not pass with the verdict ${verdict}`, async () => {
      const suite = await read({ ...STICKY, verdict, reasons: ["one", "two"] });
      deepEqual(suite.counts, counts);
      deepEqual(
        suite.cases.map((each) => each.problem),
        [problem, ""],
      );
      equal(suite.cases[0]?.message, "one; two");
    });
  }

  it("fails the test for failures by the same limit as the verdict", async () => {
    const visits = { errors: 4, repeated: 0, moves: 0 };
    const totals = { ...STICKY.totals, lost: 6 };
    const atLimit = await read({ ...STICKY, totals, visits });
    equal(atLimit.cases[1]?.problem, "");
    const above = await read({ ...STICKY, totals: { ...totals, lost: 7 }, visits });
    deepEqual(above.counts, ["2", "1", "0"]);
    equal(above.cases[1]?.problem, "failure failures");
    equal(above.cases[1].message, "11 failures in 1000 requests are more than 1 %");
    equal((await read({ ...STICKY, totals, visits }, 0.5)).cases[1]?.problem, "failure failures");
  });

  it("has one test for a roll-out, whose verdict tolerates no failure", async () => {
    const { cases } = await read({ ...STICKY, scenario: "rollout" });
    deepEqual(
      cases.map(({ id }) => id.split(": ").at(-1)),
      ["clients are sticky in scenario rollout"],
    );
  });

  it("can be parsed whatever servers have sent", async () => {
    const hostile = "<a>&\"'\0\x1b[31m\ud800\uffff]]>😀";
    const kept = "<a>&\"'\ufffd\ufffd[31m\ufffd\ufffd]]>😀";
    const { cases } = await read({
      ...STICKY,
      verdict: "not sticky",
      reasons: [hostile],
      firstBreaks: [
        {
          ...{ session: 1, transport: "", kind: "foreign replica", seconds: 2 },
          ...{ expected: hostile, met: "app-1", detail: "a" },
        },
      ],
    });
    equal(cases[0]?.message, kept);
    equal(
      cases[0].details,
      `  at 2.0 s client 1 expected ${kept}, reached app-1: foreign replica, a`,
    );
  });
});
