import { deepEqual, equal, match } from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasText } from "../../../drivers/browser.ts";
import {
  comment,
  hasTitle,
  isSaved,
  PHONE,
  press,
  reads,
  rename,
  TEXT,
  tooSmall,
  tooWide,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";

/** The focused element: an id, a tool, or the text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { id, dataset, className } = document.activeElement as HTMLElement;
    return id || (dataset.tool ?? (className.includes("ProseMirror") ? "text" : className));
  });

async function tabTo(page: Page, what: string, key = "Tab"): Promise<void> {
  for (let step = 0; step < 30 && (await focused(page)) !== what; step++) {
    await page.keyboard.press(key);
  }
  equal(await focused(page), what);
}

describe("the accessibility of the document page", () => {
  const start = useDocumentPages();

  it("lets people do everything with the keyboard alone", async () => {
    const { visit } = await start();
    const { page, faults } = await visit("/");
    await tabTo(page, "new-title");
    await page.keyboard.type("Typed");
    await page.keyboard.press("Enter");
    await page.locator(TEXT).waitFor();
    await tabTo(page, "title");
    await page.keyboard.press("End");
    await page.keyboard.type(" title");
    await tabTo(page, "author");
    await page.keyboard.type("Ada");
    await tabTo(page, "status");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, "undo");
    await tabTo(page, "text");
    await page.keyboard.type("plain ");
    await press(page, "Alt+F10");
    equal(await focused(page), "undo");
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight", "End", "Home"]) {
      await page.keyboard.press(key);
    }
    for (let step = 0; step < 5; step += 1) {
      await page.keyboard.press("ArrowRight");
    }
    equal(await focused(page), "bold");
    await page.keyboard.press("Enter");
    equal(await page.getAttribute('[data-tool="bold"]', "aria-pressed"), "true");
    await press(page, "Escape");
    await page.keyboard.type("bold");
    await hasText(page, `${TEXT} strong`, /^bold$/);
    await press(page, "Shift+Tab");
    equal(await focused(page), "bold");
    await press(page, "Tab", "Shift+Control+ArrowLeft", "Control+Alt+m");
    equal(await focused(page), "composer-words");
    await page.keyboard.type("A comment");
    await press(page, "Control+Enter");
    await hasText(page, ".comment .words", /^A comment$/);
    equal(await focused(page), "text");
    await press(page, "Control+k");
    await page.keyboard.type("example.com");
    await press(page, "Enter");
    await page.locator(`${TEXT} a`).waitFor();
    equal(await focused(page), "text");
    await tabTo(page, "passage");
    await tabTo(page, "link");
    await press(page, "Enter");
    await page.locator(".comment").waitFor({ state: "detached" });
    equal(await focused(page), "comments-title");
    // A version does not contain what is not saved yet.
    await isSaved(page);
    await tabTo(page, "show-history");
    await press(page, "Enter");
    await tabTo(page, "version-name");
    await page.keyboard.type("One");
    await press(page, "Enter");
    await hasText(page, ".version .name", /^One$/);
    await tabTo(page, "version");
    await press(page, "Enter");
    await page.locator("#restore").waitFor();
    await tabTo(page, "restore");
    await press(page, "Escape");
    equal(await focused(page), "show-history");
    await hasTitle(page, "Typed title");
    deepEqual(faults, []);
  });

  it("names every control, and gives the text its role", async () => {
    const { join } = await start("Named");
    const { page } = await join();
    await write(page, "one");
    await comment(page, "one", "Why?");
    const tree = await page.locator("body").ariaSnapshot();
    for (const line of [
      '- textbox "Title":',
      '- textbox "Author"',
      '- combobox "Status"',
      '- toolbar "Formatting"',
      '- button "Numbered list"',
      '- textbox "Text"',
      '- textbox "Your name"',
      /- 'button "Go to the passage: one"'/,
      /- button "Resolve the comment by .+"/,
    ]) {
      match(tree, line instanceof RegExp ? line : new RegExp(line));
    }
    equal(/- (button|textbox|combobox|link|checkbox)(:|$)/m.exec(tree), null);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`fits a phone with targets for touch, and neither scrolls sideways nor moves (${colorScheme})`, async () => {
      const { join, visit } = await start("W".repeat(200));
      const long = "M".repeat(90);
      const options = { ...PHONE, colorScheme, reducedMotion: "reduce" } as const;
      const { page } = await join(options);
      await rename(page, "W".repeat(40));
      const { page: other } = await join();
      await rename(other, "M".repeat(40));
      await page.focus(TEXT);
      await page.keyboard.insertText(long);
      await write(page, " # ");
      await page.keyboard.press("Enter");
      await page.keyboard.type("``` ");
      await page.keyboard.insertText(long);
      await comment(page, long, long);
      await reads(other, `${long} # \n${long}`);
      await write(other, "!");
      await page.locator(".caret").waitFor();
      await hasText(page, ".comment", long);
      await hasText(page, "#people-count", "2 people");
      deepEqual(await tooWide(page), []);
      deepEqual(await tooSmall(page), []);
      await isSaved(page);
      await page.click("#show-history");
      await page.fill("#version-name", long);
      await page.click("#keep-version");
      await page.click("button.version");
      await page.locator("#restore").waitFor();
      deepEqual(await tooWide(page), []);
      deepEqual(await tooSmall(page), []);
      await page.click("#close-history");
      await page.click('[data-tool="link"]');
      await page.locator("#link-address").waitFor();
      deepEqual(await tooWide(page), []);
      deepEqual(await tooSmall(page), []);
      equal(await page.evaluate(() => document.getAnimations().length), 0);
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      match(back, colorScheme === "light" ? /^oklch\(0\.9/ : /^oklch\(0\.1/);
      const list = await visit("/", options);
      await hasText(list.page, "#documents", "WWW");
      deepEqual(await tooWide(list.page), []);
      deepEqual(await tooSmall(list.page), []);
    });
  }

  it("keeps a passage visible while somebody comments on it on a phone", async () => {
    const { join } = await start();
    const { page } = await join(PHONE);
    for (let line = 0; line < 30; line += 1) {
      await page.focus(TEXT);
      await page.keyboard.insertText(`line ${line}`);
      await page.keyboard.press("Enter");
    }
    await page.evaluate(() => scrollTo(0, 0));
    await comment(page, "line 3", "Here");
    await hasText(page, ".comment .words", /^Here$/);
    equal(await focused(page), "text");
    const box = await page.locator(".commented").boundingBox();
    const bar = await page.locator(".bar").boundingBox();
    equal((box?.y ?? 0) > (bar?.y ?? 0) + (bar?.height ?? 0), true);
    equal((box?.y ?? 0) < PHONE.viewport.height, true);
    await page.tap(".comment .passage");
    match(await written(page), /line 3\n/);
    await hasText(page, ".commented.active", /^line 3$/);
  });
});
