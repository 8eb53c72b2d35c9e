import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { hasText } from "../../drivers/browser.ts";
import { endHostProxies, startHostProxy } from "../../support/hostProxy.ts";
import { fill, useCompanyPages } from "./companyPage.ts";

/** URLs of creations, and of pages of the list, which have a query. */
const CREATIONS = "**/companies";
const LISTS = "**/companies?*";

/** The idempotency keys of the creations that the page sends. */
function keysOf(page: Page): string[] {
  const keys: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") {
      keys.push(request.headers()["idempotency-key"] ?? "");
    }
  });
  return keys;
}

/** Answers the next request with a problem document. */
async function refuseOnce(
  page: Page,
  url: string,
  status: number,
  headers: Record<string, string> = {},
): Promise<void> {
  const body = JSON.stringify({ title: "No", detail: "it does not work" });
  const answer = { status, headers, contentType: "application/problem+json", body };
  await page.route(url, (route) => route.fulfill(answer), { times: 1 });
}

describe("the company registry's page when something fails", () => {
  const open = useCompanyPages();

  afterEach(endHostProxies);

  const pressEnter = (page: Page): Promise<void> => page.press("#business-number", "Enter");
  for (const [what, gesture] of [
    ["a double click", (page: Page) => page.dblclick("#register")],
    ["Enter pressed twice", (page: Page) => pressEnter(page).then(() => pressEnter(page))],
  ] as const) {
    it(`creates one company for ${what}`, async () => {
      const { page, rows } = await open();
      const keys = keysOf(page);
      await page.route(CREATIONS, async (route) => {
        await sleep(500);
        await route.continue();
      });
      await fill(page, "Once", "O-1");
      await gesture(page);
      await hasText(page, "#outcome", "is registered as O1.");
      equal(keys.length, 1);
      equal((await rows()).length, 1);
    });
  }

  it("does not report an empty form after a second click that follows the response", async () => {
    const { page } = await open();
    const keys = keysOf(page);
    await fill(page, "Once", "O-1");
    await page.click("#register");
    await hasText(page, "#outcome", "is registered as O1.");
    await page.click("#register");
    equal(await page.evaluate(() => document.activeElement?.id), "legal-name");
    await hasText(page, "#outcome", "is registered as O1.");
    equal(keys.length, 1);
  });

  it("keeps what was typed while the database hangs, and creates the company afterwards", async () => {
    const { page, rows, relay } = await open();
    const keys = keysOf(page);
    relay.hang();
    await fill(page, "Patience", "p 1");
    await page.click("#register");
    await hasText(
      page,
      "#outcome",
      /cannot reach its database\. What you typed is kept\. Trying again in \d s\./,
    );
    equal(await page.inputValue("#legal-name"), "Patience");
    equal(await page.inputValue("#business-number"), "p 1");
    relay.heal();
    await hasText(page, "#outcome", "Patience\u2069 is registered as P1.");
    deepEqual([...new Set(keys)], [keys[0]]);
    equal((await rows()).length, 1);
  });

  it("reports success for a company whose response was lost, by its key", async () => {
    const { page, rows, relay } = await open();
    const keys = keysOf(page);
    relay.cutAnswerTo("commit");
    await fill(page, "Lost and found", "L1");
    await page.click("#register");
    await hasText(page, "#outcome", "cannot reach its database");
    equal((await rows()).length, 1);
    await hasText(page, "#outcome", "Lost and found\u2069 is registered as L1.");
    // On a busy computer the database may not be reachable again at the first retry.
    ok(keys.length >= 2);
    deepEqual([...new Set(keys)], [keys[0]]);
    match(keys[0] ?? "", /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it("does not retry before Retry-After", async () => {
    const { page } = await open();
    const keys = keysOf(page);
    await page.clock.install();
    await refuseOnce(page, CREATIONS, 503, { "Retry-After": "600" });
    await fill(page, "Later", "L2");
    await page.click("#register");
    await hasText(page, "#countdown", /in (600|59\d) s\./);
    await page.clock.fastForward("09:00");
    await hasText(page, "#countdown", /in (60|[1-5]\d) s\./);
    equal(keys.length, 1);
    await page.clock.fastForward("01:00");
    await hasText(page, "#outcome", "is registered as L2.");
    equal(keys.length, 2);
  });

  it("stops after Cancel, and continues the same submission after Register", async () => {
    const { page, rows } = await open();
    const keys = keysOf(page);
    await refuseOnce(page, CREATIONS, 503, { "Retry-After": "600" });
    await fill(page, "Stop", "S1");
    await page.press("#business-number", "Enter");
    await page.click("#cancel");
    await hasText(page, "#outcome", "Stopped before the registry confirmed the registration.");
    equal(await page.textContent("#countdown"), "");
    equal(await page.inputValue("#legal-name"), "Stop");
    equal(keys.length, 1);
    await page.fill("#business-number", " s-1");
    await page.click("#register");
    await hasText(page, "#outcome", "is registered as S1.");
    deepEqual(keys, [keys[0], keys[0]]);
    equal((await rows()).length, 1);
  });

  it("shows what to do if a proxy changes the Host header, and does not retry", async () => {
    const { origin, page, rows } = await open();
    const proxied = await startHostProxy(origin);
    await page.goto(proxied);
    const keys = keysOf(page);
    await fill(page, "Refused", "R1");
    await page.click("#register");
    await hasText(page, "#outcome", /allowedOrigins.* Host header\. What you typed is kept\./);
    equal(await page.textContent("#countdown"), "");
    equal(keys.length, 1);
    deepEqual(await rows(), []);
  });

  it("sends a new key with different content", async () => {
    const { page } = await open();
    const keys = keysOf(page);
    await refuseOnce(page, CREATIONS, 500);
    await fill(page, "One", "K1");
    await page.click("#register");
    await hasText(page, "#outcome", "It does not work. What you typed is kept.");
    await page.fill("#legal-name", "Another");
    await page.click("#register");
    await hasText(page, "#outcome", "Another\u2069 is registered as K1.");
    await fill(page, "Third", "K3");
    await page.click("#register");
    await hasText(page, "#outcome", "Third\u2069 is registered as K3.");
    await fill(page, "Third", "K3");
    await page.click("#register");
    await hasText(page, "#outcome", "K3 is already registered.");
    equal(new Set(keys).size, 4);
  });

  it("generates keys over plain HTTP, too, where browsers have no crypto.randomUUID", async () => {
    const { page } = await open();
    await page.addInitScript(() => Reflect.deleteProperty(Crypto.prototype, "randomUUID"));
    await page.reload();
    const keys = keysOf(page);
    await fill(page, "Plain", "H1");
    await page.click("#register");
    await hasText(page, "#outcome", "is registered as H1.");
    await fill(page, "Simple", "H2");
    await page.click("#register");
    await hasText(page, "#outcome", "is registered as H2.");
    notEqual(keys[0], keys[1]);
  });

  it("continues when the network is back", async () => {
    const { page, rows } = await open();
    await page.context().setOffline(true);
    await fill(page, "Online again", "N1");
    await page.click("#register");
    await hasText(page, "#outcome", "The registry is not responding. What you typed is kept.");
    await page.context().setOffline(false);
    await hasText(page, "#outcome", "is registered as N1.");
    equal((await rows()).length, 1);
  });

  it("continues when a load balancer has a replica again", async () => {
    const { page } = await open();
    const answer = { status: 503, contentType: "text/html", body: "<h1>503</h1>" };
    await page.route(CREATIONS, (route) => route.fulfill(answer), { times: 1 });
    await fill(page, "Balanced", "B1");
    await page.click("#register");
    await hasText(page, "#outcome", "The registry is not responding.");
    await hasText(page, "#outcome", "is registered as B1.");
  });

  it("lists the companies, and shows the one in the URL, as soon as the database is back", async () => {
    const { page } = await open(["AB12"], "#AB12");
    await refuseOnce(page, LISTS, 503, { "Retry-After": "2" });
    await refuseOnce(page, "**/companies/AB12", 503, { "Retry-After": "2" });
    await page.reload();
    await hasText(page, "#company-note", /cannot reach its database\. Trying again in \d s\./);
    await hasText(page, "#list-note", /cannot reach its database\. Trying again in \d s\./);
    await hasText(page, "#company-name", "Company AB12");
    await hasText(page, "#companies", "Company AB12");
    equal(await page.textContent("#company-note"), "");
    equal(await page.textContent("#list-note"), "");
  });

  it("offers to retry a list that failed", async () => {
    const { page } = await open(["AB12"]);
    await refuseOnce(page, LISTS, 500);
    await page.reload();
    await hasText(page, "#list-note", "it does not work");
    await page.click("#more");
    await hasText(page, "#companies", "Company AB12");
    equal(await page.isVisible("#more"), false);
  });
});
