import { deepEqual, equal } from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { hasText } from "../../../drivers/browser.ts";
import { CLIPBOARDS } from "./clipboards.ts";
import {
  give,
  paste,
  press,
  reads,
  select,
  TEXT,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";

const LIST = `<p>Before</p><ul><li>one<ol start="3"><li>three</li><li>four</li></ol></li><li>two</li></ul><p></p><p>After<br>it</p>`;

/** The note about what the page left out. */
const said = async (page: Page): Promise<string> =>
  (await page.isVisible("#left-out")) ? page.innerText("#left-out-words") : "";

async function empty(page: Page): Promise<void> {
  await page.focus(TEXT);
  await press(page, "Control+a", "Delete");
}

/** Copies the selection with the keyboard, and returns it as plain text. */
async function copied(page: Page): Promise<string> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await press(page, "Control+c");
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Copies a whole page with the keyboard. */
async function copyPage(context: BrowserContext, html: string): Promise<void> {
  const page = await context.newPage();
  await page.setContent(html);
  await press(page, "Control+a", "Control+c");
  await page.close();
}

describe("the clipboard in the document page", () => {
  const start = useDocumentPages();

  it("separates words, lines and blank lines from other programs, and reports what it left out", async () => {
    const { join } = await start();
    const { page, faults } = await join();
    for (const [source, { html, lines, says }] of Object.entries(CLIPBOARDS)) {
      await empty(page);
      await paste(page, html);
      deepEqual([source, ...(await written(page)).split("\n")], [source, ...lines]);
      deepEqual([source, await said(page)], [source, says]);
    }
    deepEqual(faults, []);
  });

  it("separates the words of a web page that was copied in a browser", async () => {
    const { join } = await start();
    const { page, faults } = await join();
    const pixel = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
    await copyPage(
      page.context(),
      `<style>td { color: red; white-space: nowrap }</style><table class="wikitable"><caption>Cities</caption>
      <tr><th>City</th><th>Area<sup>[2]</sup></th></tr><tr><td><img src="${pixel}" width="23" height="15"> <b>Oslo</b></td>
      <td>454 km<sup>2</sup></td></tr></table><p>Source</p>`,
    );
    await page.bringToFront();
    await page.focus(TEXT);
    await press(page, "Control+v");
    await reads(page, "Cities\nCity\tArea[2]\nOslo\t454 km²\nSource");
    deepEqual(await page.locator(`${TEXT} strong`).allTextContents(), ["City", "Area[2]", "Oslo"]);
    equal(await said(page), "1 image was left out. 1 table was turned into lines.");
    deepEqual(faults, []);
  });

  it("keeps blank lines of plain text", async () => {
    const { join } = await start();
    const { page } = await join();
    await write(page, "<>");
    await press(page, "ArrowLeft");
    await give(page, "paste", { "text/plain": "one\r\n\r\n\r\ntwo\n three" });
    await reads(page, "<one\n\n\ntwo\n three>");
    await empty(page);
    await give(page, "paste", { "text/plain": "a word" });
    await reads(page, "a word");
  });

  it("shows what it left out until the note is closed, also to screen readers, without hiding anything", async () => {
    const { join } = await start();
    const { page } = await join();
    await write(page, "kept");
    await select(page, "kept");
    await paste(
      page,
      `<p><img src="https://example.com/a.png"><img src="b.png" width="1" height="1"></p>`,
    );
    equal(await said(page), "1 image was left out.");
    await hasText(page, "#announcer", /^1 image was left out\.$/);
    equal(await written(page), "kept");
    await give(
      page,
      "paste",
      {},
      { "a.png": "image/png", "b.mp4": "video/mp4", "c.pdf": "application/pdf" },
    );
    equal(await said(page), "1 image, 1 video, and 1 file were left out.");
    await give(page, "drop", {}, { "a.png": "image/png" });
    equal(await said(page), "1 image was left out.");
    // A file that comes with a text is another form of it.
    await give(page, "paste", { "text/plain": "pasted" }, { "a.png": "image/png" });
    equal(await said(page), "");
    equal(await written(page), "pasted");
    await paste(page, "<video></video>");
    await page.focus("#left-out-close");
    await press(page, "Enter");
    equal(await said(page), "");
    await page.keyboard.type("!");
    await reads(page, "pasted!");
  });

  it("copies lists with their markers, and a line for each paragraph", async () => {
    const { join } = await start();
    const { page } = await join();
    await page.focus(TEXT);
    await paste(page, LIST);
    await press(page, "Control+a");
    const all = "Before\n• one\n  3. three\n  4. four\n• two\n\nAfter\nit";
    equal(await copied(page), all);
    await empty(page);
    await give(page, "paste", { "text/plain": all });
    await press(page, "Control+a");
    equal(await copied(page), all);
  });

  it("copies the selected part of a list, and nothing around it", async () => {
    const { join } = await start();
    const { page } = await join();
    await page.focus(TEXT);
    await paste(page, LIST);
    await select(page, "three");
    equal(await copied(page), "three");
    await press(page, "ArrowRight", "Shift+ArrowDown");
    await select(page, "hree");
    await press(page, "Shift+ArrowDown", "Shift+End");
    equal(await copied(page), "  3. hree\n  4. four");
    await empty(page);
    await paste(page, CLIPBOARDS.Excel?.html ?? "");
    await press(page, "Control+a");
    equal(await copied(page), "1\t2\t3\n4\t\t6");
  });
});
