import { deepEqual, equal, match, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { hasText } from "../../drivers/browser.ts";
import { fill, useCompanyPages } from "./companyPage.ts";
import { waitFor } from "../../drivers/waitFor.ts";

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** The numbers in the list. */
const numbers = (page: Page): Promise<string[]> => page.locator("td.number").allTextContents();

const describedBy = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).evaluate((element) => {
    const ids = element.getAttribute("aria-describedby")?.split(" ") ?? [];
    return ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  });

const focused = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => document.activeElement?.id);

/** What does not fit into the page or into its own box. */
const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const boxes = document.querySelectorAll("html, .card, .scroller, dialog, #outcome, .error, td");
    const found = [...boxes].filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
    return found.map(({ tagName, id, className }) => `${tagName}#${id}.${className}`);
  });

async function tabTo(page: Page, id: string): Promise<void> {
  for (let step = 0; step < 30 && (await focused(page)) !== id; step++) {
    await page.keyboard.press("Tab");
  }
  equal(await focused(page), id);
}

describe("the company registry's page", () => {
  const open = useCompanyPages();

  it("creates a company under its canonical number and lists it, without errors or foreign origins", async () => {
    const { page, rows, origin, origins, faults } = await open(["AB1", "ZZ9"]);
    await hasText(page, "#companies", "Company ZZ9");
    await fill(page, "  Müller & Söhne ", "hrb 12-345");
    await hasText(page, "#canonical", /^HRB12345$/);
    await page.click("#register");
    await hasText(page, "#outcome", "Müller & Söhne\u2069 is registered as HRB12345.");
    deepEqual(await numbers(page), ["AB1", "HRB12345", "ZZ9"]);
    await hasText(page, "tr.new", "Müller & Söhne");
    const [, created] = await rows();
    equal(created?.legal_name, "Müller & Söhne");
    equal(created.business_number, "HRB12345");
    equal(await page.inputValue("#legal-name"), "");
    equal(await page.inputValue("#business-number"), "");
    deepEqual([...origins], [origin]);
    deepEqual(faults, []);
  });

  it("creates a company under a number that was copied with other characters", async () => {
    const { page } = await open();
    await fill(page, "Pasted", "\ufeffHRB\u00a012\u2011345\u200b");
    await hasText(page, "#canonical", /^HRB12345$/);
    await page.click("#register");
    await hasText(page, "#outcome", "Pasted\u2069 is registered as HRB12345.");
  });

  it("shows an error at each invalid field, and focuses the first one", async () => {
    const { page, rows } = await open();
    await page.fill("#business-number", "Ü-1");
    await page.click("#register");
    await hasText(page, "#outcome", "2 fields need a correction.");
    equal(await focused(page), "legal-name");
    match(await describedBy(page, "#legal-name"), /Enter the legal name\./);
    match(await describedBy(page, "#business-number"), /number must be 2 to 32 letters/);
    equal(await page.inputValue("#business-number"), "Ü-1");

    await page.fill("#legal-name", "Right");
    equal(await page.getAttribute("#legal-name", "aria-invalid"), "false");
    equal(await page.getAttribute("#business-number", "aria-invalid"), "true");
    await page.click("#register");
    await hasText(page, "#outcome", "1 field needs a correction.");
    equal(await focused(page), "business-number");
    equal(await page.getAttribute("#legal-name", "aria-invalid"), "false");
    deepEqual(await rows(), []);
  });

  it("shows the company that already has a number, and returns to the form", async () => {
    const { page, rows } = await open(["AB12"]);
    await fill(page, "Another", "ab 12");
    await page.click("#register");
    await hasText(page, "#outcome", "AB12 is already registered.");
    equal(await page.getAttribute("#business-number", "aria-invalid"), "true");
    equal(await focused(page), "business-number");
    await page.click("#outcome-link");
    await hasText(page, "#company-name", "Company AB12");
    await page.keyboard.press("Escape");
    await page.locator("#company").waitFor({ state: "hidden" });
    equal(await focused(page), "outcome-link");
    await waitFor("the URL has no fragment any more", () => !page.url().includes("#"));
    equal(await page.inputValue("#legal-name"), "Another");
    equal((await rows()).length, 1);
  });

  it("shows the company that the URL names, in the reader's language", async () => {
    const german = { locale: "de-DE", timezoneId: "Europe/Berlin" };
    const { page, rows, faults } = await open(["AB12"], "#ab-12", german);
    await hasText(page, "#company-name", "Company AB12");
    await hasText(page, "#company-number", "AB12");
    const time = page.locator("#company-created time");
    const [company] = await rows();
    equal(await time.getAttribute("datetime"), company?.created_at.toISOString());
    match((await time.textContent()) ?? "", /^\d\d\.\d\d\.\d{4}, \d\d:\d\d$/);
    await hasText(page, "#company-replica .tinted", "company-00002");
    await page.click("#close");
    await page.locator("#company").waitFor({ state: "hidden" });
    await page.locator("td a", { hasText: "AB12" }).click();
    await hasText(page, "#company-name", "Company AB12");
    await page.goBack();
    await page.locator("#company").waitFor({ state: "hidden" });
    deepEqual(faults, []);
  });

  it("reports that no company has the number in the URL", async () => {
    const { page } = await open([], "#%E0%A4%A");
    await hasText(page, "#company-words", /.*must be 2 to 32 letters/);
    await page.click("#close");
    await page.waitForFunction(() => location.hash === "");
    await page.evaluate(() => (location.hash = "nobody-1"));
    await hasText(page, "#company-words", "No company has the number NOBODY1.");
    equal(await page.isVisible("#company-number"), false);
  });

  it("lists page by page, in order, and inserts a new company at its place", async () => {
    const all = Array.from({ length: 60 }, (_, index) => `N${index + 100}`);
    const { page } = await open(all);
    await hasText(page, "#companies", "N124");
    deepEqual(await numbers(page), all.slice(0, 25));
    await fill(page, "Far away", "N 140-A");
    await page.click("#register");
    await hasText(page, "tr.beyond", "N140A");
    await page.click("#more");
    await hasText(page, "#companies", "N148");
    deepEqual(await numbers(page), [...all.slice(0, 41), "N140A", ...all.slice(41, 49)]);
    equal(await page.locator("tr.beyond").count(), 0);
    equal(await page.evaluate(() => document.activeElement?.textContent), "N125");
    await hasText(page, "#announcer", "25 more companies.");
    await page.click("#more");
    await hasText(page, "#companies", "N159");
    deepEqual(await numbers(page), [...all.slice(0, 41), "N140A", ...all.slice(41)]);
    equal(await page.isVisible("#more"), false);
  });

  it("lists from a number on, including that number, and reports an empty list", async () => {
    const { page } = await open(["AB11", "AB12", "AB120", "B0"]);
    await hasText(page, "#companies", "AB11");
    await page.fill("#from", "ab-12");
    await page.locator("#companies", { hasText: "AB11" }).waitFor({ state: "detached" });
    deepEqual(await numbers(page), ["AB12", "AB120", "B0"]);
    await fill(page, "Before", "A1");
    await page.click("#register");
    await hasText(page, "#outcome", "Before\u2069 is registered as A1.");
    deepEqual(await numbers(page), ["AB12", "AB120", "B0"]);
    await page.fill("#from", "C");
    await hasText(page, "#list-note", "No companies from C on.");
    await page.fill("#from", "");
    await hasText(page, "#companies", "AB11");
    deepEqual(await numbers(page), ["A1", "AB11", "AB12", "AB120", "B0"]);
  });

  it("shows that there are no companies until the first one is created", async () => {
    const { page } = await open();
    await hasText(page, "#list-note", "No companies yet.");
    await fill(page, "First", "F1");
    await page.click("#register");
    await hasText(page, "#companies", "First");
    equal(await page.textContent("#list-note"), "");
  });

  it("never interprets what people write as HTML", async () => {
    const { page } = await open();
    const name = '<img src=x onerror="document.title=1">';
    await fill(page, name, "X1");
    await page.click("#register");
    await hasText(page, "#outcome", name);
    equal(await page.textContent("td.name"), name);
    await page.click("#outcome-link");
    await hasText(page, "#company-name", name);
    equal(await page.locator("img").count(), 0);
    equal(await page.title(), "Company registry");
  });

  it("follows the writing direction of names, without changing its own", async () => {
    const { page } = await open();
    const name = "שלום בע״מ!";
    const direction = (selector: string): Promise<string> =>
      page.locator(selector).evaluate((element) => getComputedStyle(element).direction);
    await fill(page, name, "R1");
    equal(await direction("#legal-name"), "rtl");
    await page.click("#register");
    await hasText(page, "#outcome", `\u2068${name}\u2069 is registered as R1.`);
    equal(await direction("td.name > span"), "rtl");
    equal(await direction("td.name"), "ltr");
    await page.click("#outcome-link");
    await hasText(page, "#company-name", name);
    equal(await direction("#company-name"), "rtl");
  });

  it("shows which replica answered each request, in the replica's colour", async () => {
    const { page } = await open();
    await hasText(page, "#replica", "company-00002");
    const colour = () => page.locator("#replica").evaluate((each) => each.style.cssText);
    const first = await colour();
    await page.route("**/companies", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), "x-replica": "other" } });
    });
    await fill(page, "Elsewhere", "E-1");
    await page.click("#register");
    await hasText(page, "#replica", "other");
    ok(first.startsWith("--hue"));
    ok(first !== (await colour()));
    await hasText(page, "#replica-note", "1 answer in a row · 2 replicas seen");
    match((await page.textContent("#answers li")) ?? "", /^otherRegister E1201 · \d+ ms$/);
  });

  it("can be used by keyboard alone", async () => {
    const { page } = await open(["AA1"]);
    await hasText(page, "#companies", "AA1");
    await tabTo(page, "legal-name");
    await page.keyboard.type("Typed");
    await page.keyboard.press("Tab");
    await page.keyboard.type("t 1");
    await page.keyboard.press("Enter");
    await hasText(page, "#companies", "Typed");
    await tabTo(page, "outcome-link");
    await page.keyboard.press("Enter");
    await hasText(page, "#company-name", "Typed");
    equal(await focused(page), "close");
    await page.keyboard.press("Enter");
    await page.locator("#company").waitFor({ state: "hidden" });
    await tabTo(page, "from");
    await page.keyboard.type("b");
    await page.locator("#companies", { hasText: "AA1" }).waitFor({ state: "detached" });
    await page.keyboard.press("Tab");
    equal(await focused(page), "list");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await hasText(page, "#company-name", "Typed");
  });

  for (const [screen, options] of [
    ["a phone", PHONE],
    ["a desktop", { viewport: { width: 1280, height: 800 } }],
  ] as const) {
    it(`does not shift its layout while it loads and waits on ${screen}`, async () => {
      const numbers = Array.from({ length: 30 }, (_, index) => `N${index + 100}`);
      const { page } = await open(numbers, "", options);
      await page.route("**/companies**", async (route, request) => {
        await sleep(600);
        await (request.method() === "POST" ? route.abort() : route.continue());
      });
      await page.reload();
      await hasText(page, "#companies", "N124");
      await fill(page, "Waits", "W1");
      await page.click("#register");
      await hasText(page, "#countdown", "now");
      await hasText(page, "#countdown", /in \d s/);
      const moved = await page.evaluate(async () => {
        const shifts: PerformanceEntry[] = [];
        const observer = new PerformanceObserver((list) => shifts.push(...list.getEntries()));
        observer.observe({ type: "layout-shift", buffered: true });
        await new Promise((resolve) => setTimeout(resolve, 100));
        return shifts.map((shift) => JSON.stringify(shift));
      });
      deepEqual(moved, []);
    });
  }

  for (const colorScheme of ["light", "dark"] as const) {
    it(`fits a phone without scrolling sideways or moving (${colorScheme})`, async () => {
      const options = { ...PHONE, colorScheme, reducedMotion: "reduce" } as const;
      const { page } = await open([], "", options);
      await hasText(page, "#list-note", "No companies yet.");
      await fill(page, "W".repeat(200), "M".repeat(32));
      await page.click("#register");
      await hasText(page, "#companies", "MMM");
      deepEqual(await tooWide(page), []);
      await fill(page, "", "M".repeat(90));
      await page.click("#register");
      await hasText(page, "#outcome", "2 fields");
      deepEqual(await tooWide(page), []);
      await page.click("td a");
      await hasText(page, "#company-name", "WWW");
      deepEqual(await tooWide(page), []);
      const moves = await page.evaluate(() => document.getAnimations().length);
      equal(moves, 0);
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      match(back, colorScheme === "light" ? /^oklch\(0\.9/ : /^oklch\(0\.1/);
    });
  }
});
