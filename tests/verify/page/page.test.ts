import { deepEqual, equal, ok } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { noBreaks } from "../../../verify/breaks.ts";
import type { Break, Report } from "../../../verify/report.ts";
import { reportPage } from "../../../verify/reportPage.ts";
import { openPage, startBrowser } from "../../drivers/browser.ts";
import { folder } from "../verifier.ts";
import { contrasts, fontSizes } from "./looks.ts";
import { reportWith, sessionsOn, sessionWith } from "./reports.ts";

const NAMES = Array.from({ length: 30 }, (_, index) => `app-${String(index).padStart(2, "0")}`);

const HOSTILE = [
  "<img src=x onerror=document.title=1>",
  "</svg></style><script>document.title=2</script>",
  `"onmouseover="document.title=3" '\\`,
  "\u202Egpj.exe\u0007\u0000\u2066",
  "W".repeat(100),
];

const BREAK: Break = {
  ...{ session: 0, transport: "xhr", kind: "foreign replica", seconds: 5 },
  ...{ expected: NAMES[0] ?? "", met: NAMES[1] ?? "", detail: "GET / was answered" },
};

/** A merged report: what a front with affinity by address shows to two networks. */
function merged(): Report {
  const [run] = reportWith([]).runs;
  const sessions = Array.from({ length: 60 }, (_, index) =>
    sessionWith(index, [index < 30 ? "a" : "b"], { run: index < 30 ? 0 : 1, source: "" }),
  );
  const runs = run === undefined ? [] : [run, { ...run, network: HOSTILE[4] ?? "", seconds: 5 }];
  return reportWith(sessions, { runs, timeline: [] });
}

const REPORTS = {
  "one session": () => reportWith(sessionsOn(["a"], 1)),
  "no names": () => reportWith(Array.from({ length: 30 }, (_, index) => sessionWith(index, []))),
  "no answer": () =>
    reportWith(
      [0, 1].map((index) => sessionWith(index, [], { echoed: 0, lost: 20, sent: 20, chances: 0 })),
    ),
  "30 replicas": () => reportWith(sessionsOn(NAMES, 90), { firstBreaks: [BREAK] }),
  "a roll-out": () =>
    reportWith(
      NAMES.map((name, index) => sessionWith(index, [name, `${name}-new`], { awayMs: 12_345 })),
      { scenario: "rollout" },
    ),
  "a soak": () =>
    reportWith(sessionsOn(["a", "b"], 40), {
      scenario: "soak",
      thirds: [1, 2, 3].map(() => ({
        ...{ answers: 1_234_567, latency: { p50: 123, p99: 12_345, max: 99_999 }, breaks: 12_345 },
      })),
    }),
  "merged runs": merged,
  "hostile names": () =>
    reportWith(
      HOSTILE.map((name, index) =>
        sessionWith(index, [name, HOSTILE[(index + 1) % 5] ?? ""], { transports: [name] }),
      ),
      {
        url: `https://app.example/?${HOSTILE[1] ?? ""}`,
        replica: `header:${HOSTILE[0] ?? ""}`,
        scenario: "rollout",
        firstBreaks: HOSTILE.map((name) => ({
          ...{ ...BREAK, transport: name, expected: name, met: name, detail: name.repeat(3) },
        })),
      },
    ),
  "10,000 sessions, each on 100 replicas": () => {
    const names = Array.from({ length: 5000 }, (_, index) => `${"x".repeat(90)}-${index}`);
    const breaks = { ...noBreaks(), "foreign replica": 300 };
    return reportWith(
      Array.from({ length: 10_000 }, (_, index) =>
        sessionWith(index, names.slice(index % 4900).slice(0, 100), { moves: 300, breaks }),
      ),
    );
  },
} satisfies Record<string, () => Report>;

describe("the page of a report", () => {
  let browser: Browser;

  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  async function open(html: string, options: BrowserContextOptions = {}) {
    const file = join(folder, "page.html");
    writeFileSync(file, html);
    return openPage(browser, pathToFileURL(file).href, options);
  }

  const PHONE = { viewport: { width: 360, height: 740 } };

  for (const [name, report] of Object.entries(REPORTS)) {
    it(`fits on a phone and loads nothing for ${name}`, async () => {
      const html = reportPage(report());
      ok(html.length < 1_500_000, `${html.length} characters`);
      const { faults, origins, page } = await open(html, PHONE);
      equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
      ok((await fontSizes(page)).every((size) => size >= 12));
      ok((await page.locator(".blocks .lane").count()) <= 100);
      deepEqual([...origins], ["null"]);
      deepEqual(faults, []);
      await page.context().close();
    });
  }

  it("shows hostile names as text", async () => {
    const report = REPORTS["hostile names"]();
    const { page } = await open(reportPage(report));
    equal(await page.title(), `inconclusive: ${report.url}`);
    equal(await page.locator("img, script, svg script, [onmouseover], [onerror]").count(), 0);
    const legend = await page.locator(".legend bdi").allTextContents();
    const shown = HOSTILE.map((name) => name.replace(/\p{C}/gu, "\u{FFFD}"));
    deepEqual(new Set(legend), new Set(shown));
    await page.context().close();
  });

  it("lets nothing load or run even if markup gets in", async () => {
    const html = reportPage(reportWith(sessionsOn(["a"], 1)));
    const foreign = `<main><script>document.title = "run"</script><style>h1 { opacity: 0 }</style><img src="http://127.0.0.1:9/">`;
    const { faults, page } = await open(html.replace("<main>", foreign));
    ok((await page.title()).startsWith("inconclusive"));
    equal(await page.locator("h1").evaluate((h1) => getComputedStyle(h1).opacity), "1");
    equal(faults.filter((fault) => fault.includes("Content Security Policy")).length, 3);
    await page.context().close();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has enough contrast for texts, and for letters on all colours, in ${colorScheme} mode`, async () => {
      const html = reportPage(REPORTS["30 replicas"]());
      const { page } = await open(html, { colorScheme });
      const found = await contrasts(page);
      ok(found.length > 100);
      deepEqual(
        found.filter(({ ratio }) => ratio < 4.5),
        [],
      );
      await page.context().close();
    });
  }

  it("is light and complete when it is printed in dark mode", async () => {
    const html = reportPage(REPORTS["a roll-out"]());
    const { page } = await open(html, { colorScheme: "dark" });
    // The width of A4 between margins of 15 mm.
    await page.setViewportSize({ width: 680, height: 1000 });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const colours = await page.locator("body").evaluate((body) => {
      const { backgroundColor, color } = getComputedStyle(body);
      return [backgroundColor, color];
    });
    deepEqual(colours, ["rgb(255, 255, 255)", "rgb(31, 36, 48)"]);
    equal(await page.evaluate(() => document.documentElement.scrollWidth), 680);
    const whole = page.locator(".block, figure:not(:has(.blocks, .bars)), .bar, tr");
    const breaks = await whole.evaluateAll((all) =>
      all.map((each) => getComputedStyle(each).breakInside),
    );
    ok(breaks.length > 30);
    deepEqual([...new Set(breaks)], ["avoid"]);
    const long = page.locator("figure:has(.blocks)");
    equal(await long.evaluate((figure) => getComputedStyle(figure).breakInside), "auto");
    await page.context().close();
  });

  it("can be read without seeing it", async () => {
    const { page } = await open(reportPage(REPORTS["a roll-out"]()));
    equal(await page.locator("html").getAttribute("lang"), "en");
    deepEqual(await page.locator("h1, h2, h3").allTextContents(), [
      "? inconclusive",
      "Replicas over time",
      "All clients",
      "Spread over the replicas",
      "Round trips",
      "How many took how long",
      "Over time",
      "First breaks",
      "What the roll-out did to each client",
    ]);
    const labels = await page
      .locator("figure[role=img]")
      .evaluateAll((all) => all.map((each) => each.getAttribute("aria-label") ?? ""));
    deepEqual(
      labels.map((label) => label.replaceAll("\u{A0}", " ").split(/[.:]/)[0]),
      [
        "30 of 30 clients reached several replicas",
        "All clients by the replica that answered last, over 10 s",
        "The clients by replica",
        "5 to 10 ms 600",
        "Median and 99th percentile of the round trips over time",
      ],
    );
    equal(await page.locator("svg:not(figure svg, p svg)").count(), 0);
    equal(await page.locator("table").count(), await page.locator("caption").count());
    equal(await page.locator("th:not([scope])").count(), 0);
    await page.context().close();
  });

  it("draws each stay where and as long as it was", async () => {
    const session = sessionWith(0, ["a", "b"], { breaksAt: [5] });
    const { page } = await open(reportPage(reportWith([session])));
    const lane = page.locator(".lane").first();
    deepEqual(
      await lane
        .locator("path")
        .evaluateAll((all) =>
          all.map((each) => [each.getAttribute("class"), each.getAttribute("d")]),
        ),
      [
        ["c0", "M0 0H50V1H0z"],
        ["c1", "M50 0H100V1H50z"],
        ["halo", "M50 0v1"],
        ["mark", "M50 0v1"],
      ],
    );
    deepEqual(await lane.locator("text").allTextContents(), ["A", "B"]);
    await page.context().close();
  });

  it("draws the stays of a session that broke more often than the report has times", async () => {
    const breaks = { ...noBreaks(), closed: 200 };
    const { page } = await open(reportPage(reportWith([sessionWith(0, ["a"], { breaks })])));
    equal(
      await page.locator(".lane").first().locator(".c0").first().getAttribute("d"),
      "M0 0H100V1H0z",
    );
    await page.context().close();
  });

  it("draws nothing after the last move that the report has of a session", async () => {
    const session = sessionWith(0, ["a", "b"], { moves: 2 });
    const { page } = await open(reportPage(reportWith([session])));
    deepEqual(await page.locator(".lane").first().locator("text").allTextContents(), ["A"]);
    await page.context().close();
  });

  it("lists the hundred sessions that a roll-out hit most, the worst first", async () => {
    const sessions = Array.from({ length: 150 }, (_, index) =>
      sessionWith(index, ["a", "b"], { awayMs: index, lost: index === 7 ? 1 : 0 }),
    );
    const { page } = await open(reportPage(reportWith(sessions, { scenario: "rollout" })));
    const rows = page.locator("section:last-of-type tbody tr");
    equal(await rows.count(), 100);
    deepEqual(await rows.nth(0).locator("td").allTextContents(), ["7", "7\u{A0}ms", "1", "A → B"]);
    equal(await rows.nth(1).locator("td").first().textContent(), "149");
    ok(
      (await page.locator("section:last-of-type p").textContent())?.endsWith(
        "Listed are the 100 that were hit most.",
      ),
    );
    await page.context().close();
  });
});
