import { equal, match, ok } from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { hasText, openPage, startBrowser } from "../../drivers/browser.ts";
import { startEchoServer, stopEchoServers } from "../../support/echoServer.ts";
import { endHostProxies, startHostProxy } from "../../support/hostProxy.ts";
import { metric } from "../../drivers/metrics.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const count = async (page: Page, id: string): Promise<number> =>
  Number(await page.locator(`#${id}`).textContent());

/** Leaves only some transports checked. */
async function choose(page: Page, ...transports: string[]): Promise<void> {
  for (const box of await page.locator('input[name="transport"]').all()) {
    await box.setChecked(transports.includes((await box.getAttribute("value")) ?? ""));
  }
}

/** Makes a page hidden or visible, as far as it can find out. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

describe("the page", () => {
  let browser: Browser;

  before(async () => (browser = await startBrowser()));
  after(() => browser.close());
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  afterEach(endHostProxies);
  afterEach(stopEchoServers);

  for (const transport of ["all", "websocket", "eventsource", "xhr-polling"]) {
    it(`stops if a proxy changes the Host header, shows what to do, and connects once it is fixed: ${transport}`, async () => {
      const first = await startEchoServer();
      const origin = await startHostProxy(first.origin);
      const { page } = await openPage(browser, origin);
      await hasText(page, "#status", /^Rejected by the server$/);
      if (transport !== "all") {
        await choose(page, transport);
        await page.click("#connect");
      }
      await hasText(page, "#status", /^Rejected by the server$/);
      const advice = (await page.locator("#advice").textContent()) ?? "";
      ok(advice.includes(`${origin} to allowedOrigins`) && advice.includes("Host header"), advice);
      equal(await page.locator("#connect").textContent(), "Connect");
      await page.fill("#message", "said before");
      await page.click("#send");
      await stopEchoServers();
      const port = Number(new URL(first.origin).port);
      await startEchoServer({ allowedOrigins: [origin] }, port);
      await page.click("#connect");
      await hasText(page, "#status", "Connected");
      await hasText(page, "#log", "said before");
      await waitFor("all is echoed", async () => (await count(page, "waiting")) === 0);
      equal(await page.locator("#advice").textContent(), "");
      equal(await count(page, "lost"), 0);
    });
  }

  it("polls if six tabs use all connections of the browser, so all continue and a seventh loads", async () => {
    const { origin } = await startEchoServer();
    const context = await browser.newContext();
    const open = async (): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(origin);
      return page;
    };
    const pages: Page[] = [];
    for (let tab = 0; tab < 6; tab++) {
      const page = await open();
      await hasText(page, "#replica", "x2k9p");
      await choose(page, "xhr-streaming");
      pages.push(page);
    }
    const goOn = (all: readonly Page[]) =>
      Promise.all(
        all.map(async (page) => {
          const echoed = await count(page, "echoed");
          const goesOn = async (): Promise<boolean> => (await count(page, "echoed")) > echoed;
          await waitFor("it goes on", goesOn);
        }),
      );
    const polling = async (): Promise<Page[]> => {
      const transports = await Promise.all(
        pages.map((page) => page.locator("#transport").textContent()),
      );
      return pages.filter((_, index) => transports[index] === "xhr-polling");
    };
    await waitFor("one polls", async () => (await polling()).length > 0);
    const [one] = await polling();
    match((await one?.locator("#advice").textContent()) ?? "", /six connections/);
    await goOn(pages);
    const seventh = await open();
    await hasText(seventh, "#replica", "x2k9p");
    await goOn([...pages, seventh]);
    const lost = await Promise.all([...pages, seventh].map((page) => count(page, "lost")));
    equal(Math.max(...lost), 0);
  });

  it("pauses a fallback transport while it is hidden, and continues as soon as it is visible", async () => {
    const { origin } = await startEchoServer();
    const { page } = await openPage(browser, origin);
    for (const transport of ["xhr-streaming", "eventsource", "htmlfile", "xhr-polling"]) {
      await choose(page, transport);
      await hasText(page, "#transport", transport);
      await waitFor("it is used", async () => (await count(page, "waiting")) === 0);
      await hide(page, true);
      await hasText(page, "#status", /^Paused/);
      const open = `sockjs_sessions{transport="${transport}"}`;
      await waitFor("its session ends", async () => (await metric(origin, open)) === 0);
      await page.fill("#message", `said unseen by ${transport}`);
      await page.press("#message", "Enter");
      await hide(page, false);
      await hasText(page, "#status", "Connected");
      await hasText(page, "#log", `said unseen by ${transport}`);
      await waitFor("all is echoed", async () => (await count(page, "waiting")) === 0);
    }
    equal(await count(page, "lost"), 0);
    await choose(page, "websocket");
    await hasText(page, "#transport", "websocket");
    await hide(page, true);
    const echoed = await count(page, "echoed");
    await waitFor("a WebSocket goes on", async () => (await count(page, "echoed")) > echoed + 1);
    await hasText(page, "#status", "Connected");
  });
});
