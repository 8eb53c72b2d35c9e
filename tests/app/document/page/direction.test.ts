import { deepEqual, equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasText } from "../../../drivers/browser.ts";
import {
  comment,
  isSaved,
  paste,
  PHONE,
  press,
  rename,
  TEXT,
  tooSmall,
  tooWide,
  useDocumentPages,
} from "../../../drivers/documentPage.ts";
import { newDocument } from "../../../drivers/documentServer.ts";

const HEBREW = "שלום עולם!";
const ARABIC = "مرحبا بالعالم";

/** The writing direction of each element. */
const directions = (page: Page, selector: string): Promise<string[]> =>
  page
    .locator(selector)
    .evaluateAll((all) => all.map((element) => getComputedStyle(element).direction));

/** Whether a sign is displayed leftmost in its element, as one after a word that is written from right to left. */
const isLeftmost = (page: Page, selector: string, sign: string): Promise<boolean> =>
  page.locator(selector).evaluate((element, wanted) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const boxes: [string, number][] = [];
    while (walker.nextNode() !== null) {
      const node = walker.currentNode as Text;
      Array.from(node.data, (character, index) => {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + 1);
        boxes.push([character, range.getBoundingClientRect().left]);
      });
    }
    const [leftmost] = boxes.sort(([, one], [, other]) => one - other);
    return leftmost?.[0] === wanted;
  }, sign);

describe("the document page with text from right to left", () => {
  const start = useDocumentPages();

  it("follows the writing direction of titles, names, comments and versions", async () => {
    const { join, visit, origin } = await start(HEBREW);
    await newDocument(origin, "Plan");
    const { page, faults } = await join();
    const { page: bob } = await join();
    await rename(page, HEBREW);
    await rename(bob, ARABIC);
    await page.fill("#author", HEBREW);
    await page.focus(TEXT);
    await paste(page, `<p>${HEBREW}</p><p>English</p>`);
    await comment(page, "שלום", HEBREW);
    await comment(page, "English", "English");
    await bob.focus(TEXT);
    await press(bob, "Control+Home");
    await page.locator(".caret-name").waitFor();
    await hasText(page, "#comments-title", "Comments (2)");
    for (const field of ["#title", "#author", "#own-name", ".caret-name"]) {
      deepEqual([field, ...(await directions(page, field))], [field, "rtl"]);
    }
    deepEqual(await directions(page, ".person > span"), ["rtl", "rtl"]);
    deepEqual(await directions(page, ".comment .author"), ["rtl", "rtl"]);
    deepEqual(await directions(page, ".comment .passage"), ["rtl", "ltr"]);
    deepEqual(await directions(page, ".comment .words"), ["rtl", "ltr"]);
    // The page's own text keeps its direction: "(you)" follows the name.
    equal(await isLeftmost(page, ".person:first-child", "!"), true);
    await page.click('[data-tool="comment"]');
    await page.fill("#composer-words", ARABIC);
    deepEqual(await directions(page, "#composer-words, #composer-passage"), ["ltr", "rtl"]);

    await isSaved(page);
    await page.click("#show-history");
    await page.fill("#version-name", HEBREW);
    deepEqual(await directions(page, "#version-name"), ["rtl"]);
    await page.click("#keep-version");
    await page.click("button.version");
    await page.locator("#restore").waitFor();
    deepEqual(await directions(page, ".version .name, #version-title"), ["rtl", "rtl"]);
    deepEqual(await directions(page, "#version-fields > span"), ["rtl"]);
    deepEqual(await directions(page, "#version-text p"), ["rtl", "ltr"]);

    const list = await visit("/");
    await hasText(list.page, "#documents", HEBREW);
    deepEqual(await directions(list.page, "#documents a > span"), ["ltr", "rtl"]);
    equal(await isLeftmost(list.page, "#documents li:last-child a", "!"), true);
    await list.page.fill("#new-title", HEBREW);
    deepEqual(await directions(list.page, "#new-title"), ["rtl"]);
    deepEqual([...faults, ...list.faults], []);
  });

  it("follows the writing direction of each paragraph and list item, with markers and bars on its side", async () => {
    const { join } = await start();
    const { page } = await join({ ...PHONE, colorScheme: "dark" });
    await page.focus(TEXT);
    await paste(
      page,
      `<h2>${HEBREW}</h2><p>${ARABIC}</p><p>English</p><ul><li>${HEBREW}<ul><li>${ARABIC}</li></ul></li>
      <li>English</li></ul><ol><li>${HEBREW}</li></ol><blockquote><p>${HEBREW}</p></blockquote>`,
    );
    deepEqual(await directions(page, `${TEXT} > :is(h2, p)`), ["rtl", "rtl", "ltr"]);
    deepEqual(await directions(page, `${TEXT} li`), ["rtl", "rtl", "ltr", "rtl"]);
    const [text] = await boxesOf(page, TEXT);
    const items = await boxesOf(page, `${TEXT} li`);
    const rooms = items.map(({ left, right }) => {
      const [before, after] = [left - (text?.left ?? 0), (text?.right ?? 0) - right];
      return before > after ? "left" : "right";
    });
    deepEqual(rooms, ["right", "right", "left", "right"]);
    const bar = await page.locator(`${TEXT} blockquote`).evaluate((quote) => {
      const { borderRightWidth, paddingRight, paddingLeft } = getComputedStyle(quote);
      return [borderRightWidth, Number.parseFloat(paddingRight) > 0, paddingLeft];
    });
    deepEqual(bar, ["3px", true, "0px"]);
    // The direction of the text, not that of the page.
    await page.locator(`${TEXT} h2`).click();
    await press(page, "Control+Home", "ArrowLeft");
    equal(await page.evaluate(() => getSelection()?.focusOffset), 1);
    await paste(page, `<img src="https://example.com/a.png">`);
    await page.locator("#left-out").waitFor();
    deepEqual(await tooWide(page), []);
    deepEqual(await tooSmall(page), []);
  });
});

function boxesOf(page: Page, selector: string): Promise<{ left: number; right: number }[]> {
  return page.locator(selector).evaluateAll((all) =>
    all.map((element) => {
      const { left, right } = element.getBoundingClientRect();
      return { left, right };
    }),
  );
}
