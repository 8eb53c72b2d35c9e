import { deepEqual, equal, match } from "node:assert/strict";
import { newDocument } from "../../../drivers/documentServer.ts";
import { hasText } from "../../../drivers/browser.ts";
import { hasTitle, TEXT, useDocumentPages, write } from "../../../drivers/documentPage.ts";

describe("the list of documents", () => {
  const start = useDocumentPages();

  it("creates a document with a title, opens it, and lists it with its latest title", async () => {
    const { visit, origin } = await start("First");
    const { page, faults, origins } = await visit("/");
    await hasText(page, "#documents", "First");
    await page.fill("#new-title", "Second & last");
    await page.press("#new-title", "Enter");
    await page.waitForURL(/\/documents\/[\da-f-]{36}$/);
    await hasTitle(page, "Second & last");
    await page.locator(TEXT).waitFor();
    await page.fill("#title", "Third");
    await write(page, "Text");
    await hasText(page, "#save-words", /^Saved$/);
    await page.click("h1 a");
    await hasText(page, "#documents li:first-child", /^Third/);
    equal(await page.title(), "Documents");
    await hasText(page, "#replica", "document-00002");
    match((await page.getAttribute("#documents time", "datetime")) ?? "", /^\d{4}-\d\d-\d\dT/);
    await page.click("text=First");
    await hasTitle(page, "First");
    deepEqual(faults, []);
    deepEqual([...origins], [origin]);
  });

  it("shows more documents on request, and focuses the first of them", async () => {
    const { visit, origin } = await start("0");
    for (let number = 1; number <= 30; number += 1) {
      await newDocument(origin, number === 5 ? "" : String(number));
    }
    const { page } = await visit("/");
    await hasText(page, "#documents", "30");
    equal(await page.locator("#documents li").count(), 25);
    await page.click("#more");
    await hasText(page, "#announcer", "6 more documents.");
    equal(await page.locator("#documents li").count(), 31);
    equal(await page.evaluate(() => document.activeElement?.textContent), "Untitled document");
    equal(await page.isVisible("#more"), false);
  });

  it("shows what went wrong, and retries on request", async () => {
    const { visit, database } = await start("Here");
    database.refuse();
    const { page } = await visit("/");
    await hasText(page, "#list-note", "The server cannot reach its database.");
    await page.fill("#new-title", "Not yet");
    await page.click("#create");
    await hasText(
      page,
      "#create-note",
      "The server cannot reach its database. No document was created.",
    );
    equal(await page.inputValue("#new-title"), "Not yet");
    database.heal();
    await page.click("#more");
    await hasText(page, "#documents", "Here");
    await page.click("#create");
    await hasTitle(page, "Not yet");
  });
});
