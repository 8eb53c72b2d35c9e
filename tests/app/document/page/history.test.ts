import { deepEqual, equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasText } from "../../../drivers/browser.ts";
import {
  comment,
  hasTitle,
  isSaved,
  reads,
  TEXT,
  useDocumentPages,
  write,
} from "../../../drivers/documentPage.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** Saves the current version under a name, and leaves the dialog open. */
async function keep(page: Page, name: string): Promise<void> {
  await isSaved(page);
  await page.click("#show-history");
  await page.fill("#version-name", name);
  await page.click("#keep-version");
  await hasText(page, ".version .name", name);
}

describe("the history in the document page", () => {
  const start = useDocumentPages();

  it("saves a version, shows it later, and restores it as an edit that everybody gets and that can be undone", async () => {
    const { join } = await start("Before");
    const [{ page: ada, faults }, { page: bob }] = [await join(), await join()];
    await write(ada, "# Chapter");
    await ada.keyboard.press("Enter");
    await ada.keyboard.type("as it was");
    await ada.fill("#author", "Ada");
    await comment(ada, "was", "Why?");
    await keep(ada, "The <i>first</i>");
    equal(await ada.inputValue("#version-name"), "");
    await ada.click("#close-history");

    await ada.fill("#title", "After");
    await ada.fill("#author", "");
    await ada.locator(`${TEXT} p`).selectText();
    await ada.keyboard.type("changed");
    await reads(bob, "Chapter\nchanged");
    await write(bob, " by both");
    await hasText(ada, TEXT, "changed by both");

    await bob.click("#show-history");
    await bob.click("text=The <i>first</i>");
    await hasText(bob, "#version-title", /^Before$/);
    await hasText(bob, "#version-fields", /^Author: Ada$/);
    equal(await bob.innerText("#version-text"), "Chapter\n\nas it was");
    equal(await bob.locator("#version-text h1").innerText(), "Chapter");
    await bob.click("#restore");
    await hasTitle(ada, "Before");
    await reads(ada, "Chapter\nas it was");
    await waitFor("the author is back", async () => (await ada.inputValue("#author")) === "Ada");
    deepEqual(await ada.locator(".commented").allTextContents(), ["was"]);

    await bob.keyboard.press("Control+z");
    await hasTitle(ada, "After");
    await reads(ada, "Chapter\nchanged by both");
    deepEqual(faults, []);
  });

  it("reports that there are no versions, and that one cannot be shown", async () => {
    const { join } = await start();
    const { page } = await join();
    await page.click("#show-history");
    await hasText(page, "#history-note", "No versions yet.");
    await page.click("#close-history");
    await write(page, "text");
    await keep(page, "One");
    await page.route("**/versions/*", (route) =>
      route.fulfill({ contentType: "application/octet-stream", body: "none" }),
    );
    await page.click("button.version");
    await hasText(page, "#history-note", "This version cannot be shown.");
    equal(await page.isVisible("#restore"), false);
    await page.unroute("**/versions/*");
    await page.route("**/versions/*", (route) => route.abort());
    await page.click("button.version");
    await hasText(page, "#history-note", "The server is not responding.");
  });
});
