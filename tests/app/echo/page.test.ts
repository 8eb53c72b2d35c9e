import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { hasText, openPage, startBrowser } from "../../drivers/browser.ts";
import { endRuns, startLocal } from "../../drivers/localRun.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

const count = async (page: Page, id: string): Promise<number> =>
  Number(await page.locator(`#${id}`).textContent());

/** Leaves only one transport checked. */
async function choose(page: Page, transport: string): Promise<void> {
  for (const box of await page.locator('input[name="transport"]').all()) {
    await box.setChecked((await box.getAttribute("value")) === transport);
  }
}

describe("the page", () => {
  let browser: Browser;

  before(async () => (browser = await startBrowser()));
  after(() => browser.close());
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  afterEach(endRuns);
  afterEach(stopEchoServers);

  it("connects on its own and shows which replica answers, without errors or foreign origins", async () => {
    const { origin } = await startEchoServer();
    const { page, faults, origins } = await openPage(browser, origin);
    await hasText(page, "#replica", "x2k9p");
    await hasText(page, "#status", "Connected");
    await hasText(page, "#transport", "websocket");
    deepEqual([...origins], [origin]);
    deepEqual(faults, []);
  });

  const transports = [
    "websocket",
    "xhr-streaming",
    "eventsource",
    "htmlfile",
    "xhr-polling",
    "jsonp-polling",
  ];
  for (const transport of transports) {
    it(`talks by ${transport} when it alone is chosen`, async () => {
      const { origin, log } = await startEchoServer();
      const { page } = await openPage(browser, origin);
      await hasText(page, "#replica", "x2k9p");
      await choose(page, transport);
      await hasText(page, "#transport", transport);
      await hasText(page, "#status", "Connected");
      await page.fill("#message", `by ${transport}`);
      await page.click("#send");
      await hasText(page, "#log", `by ${transport}`);
      await waitFor("all is echoed", async () => (await count(page, "waiting")) === 0);
      equal(await count(page, "sent"), await count(page, "echoed"));
      ok(log.some((line) => line.includes(`"transport":"${transport}"`)));
    });
  }

  it("resumes after its replica stops: no message is lost or duplicated, and the history shows it", async () => {
    const first = await startEchoServer();
    const { page } = await openPage(browser, first.origin);
    await hasText(page, "#replica", "x2k9p");
    await stopEchoServers();
    await hasText(page, "#status", /retrying/);
    await page.fill("#message", "said while nobody was there");
    await page.press("#message", "Enter");
    await startEchoServer({ replica: "echo-other" }, Number(new URL(first.origin).port));
    await hasText(page, "#replica", "other");
    await hasText(page, "#log", "said while nobody was there");
    await waitFor("all is echoed", async () => (await count(page, "waiting")) === 0);
    ok((await count(page, "reconnects")) >= 1);
    equal(await count(page, "lost"), 0);
    equal(await count(page, "doubled"), 0);
    const history = (await page.locator("#sessions").textContent()) ?? "";
    match(history, /other.*x2k9p.*replica is going away \(4012\)/s);
  });

  it("loses and duplicates no message in a rollout behind the front", async () => {
    const run = await startLocal("--replicas", "2", "--drain", "0.5");
    const { page } = await openPage(browser, run.origin);
    await hasText(page, "#status", "Connected");
    run.child.kill("SIGUSR2");
    await waitFor("the roll-out is done", () => run.err.includes("roll-out done"));
    const echoed = await count(page, "echoed");
    await waitFor("it goes on", async () => (await count(page, "echoed")) > echoed + 1);
    ok((await count(page, "reconnects")) >= 1);
    equal(await count(page, "lost"), 0);
    equal(await count(page, "doubled"), 0);
  });

  it("can be used by keyboard alone", async () => {
    const { origin } = await startEchoServer();
    const { page } = await openPage(browser, origin);
    await hasText(page, "#status", "Connected");
    const focused = () => page.evaluate(() => document.activeElement?.id);
    const tabTo = async (id: string): Promise<void> => {
      for (let step = 0; step < 30 && (await focused()) !== id; step++) {
        await page.keyboard.press("Tab");
      }
      equal(await focused(), id);
    };
    await tabTo("message");
    await page.keyboard.type("typed");
    await page.keyboard.press("Enter");
    await hasText(page, "#log", "typed");
    await page.keyboard.press("Shift+Tab");
    equal(await focused(), "ping");
    await page.keyboard.press("Space");
    equal(await page.isChecked("#ping"), false);
    await page.keyboard.press("Shift+Tab");
    equal(await focused(), "connect");
    await page.keyboard.press("Enter");
    await hasText(page, "#status", "Disconnected");
    await page.keyboard.press("Enter");
    await hasText(page, "#status", "Connected");
  });

  it("follows the writing direction of messages", async () => {
    const { origin } = await startEchoServer();
    const { page } = await openPage(browser, origin);
    const message = "שלום עולם!";
    await page.fill("#message", message);
    const direction = (selector: string): Promise<string> =>
      page
        .locator(selector)
        .filter({ visible: true })
        .evaluate((element) => getComputedStyle(element).direction);
    equal(await direction("#message"), "rtl");
    await page.click("#send");
    await hasText(page, "#log", message);
    equal(await direction(`#log .text:has-text("${message}")`), "rtl");
    equal(await direction("#log li:first-child"), "ltr");
  });

  it("shows what to do when no transport is chosen, and keeps the session that it has", async () => {
    const { origin } = await startEchoServer();
    const { page } = await openPage(browser, origin);
    await hasText(page, "#status", "Connected");
    await page.click("#all-transports");
    await hasText(page, "#transports-hint", "Choose at least one transport.");
    await hasText(page, "#status", "Connected");
    await page.click("#connect");
    await hasText(page, "#connect", "Choose a transport");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`fits a phone without scrolling sideways (${colorScheme})`, async () => {
      const { origin } = await startEchoServer();
      const { page } = await openPage(browser, origin, { ...PHONE, colorScheme });
      await hasText(page, "#replica", "x2k9p");
      const widths = await page.evaluate(() => [document.body.scrollWidth, window.innerWidth]);
      ok((widths[0] ?? 0) <= (widths[1] ?? 0));
      const background = await page.evaluate(() => {
        const canvas = document.createElement("canvas").getContext("2d");
        if (canvas === null) {
          return 0;
        }
        canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data[0];
      });
      equal((background ?? 0) > 128, colorScheme === "light");
    });
  }
});
