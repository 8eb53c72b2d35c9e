import { equal, match } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { hasText } from "../../../drivers/browser.ts";
import { endHostProxies, startHostProxy } from "../../../support/hostProxy.ts";
import {
  isSaved,
  paste,
  reads,
  TEXT,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";

describe("the errors of the document page", () => {
  const start = useDocumentPages();

  afterEach(endHostProxies);

  it("report that there is no such document, with a link to all documents", async () => {
    const { visit } = await start("The only one");
    for (const id of [randomUUID(), "no id"]) {
      const { page } = await visit(`/documents/${id}`);
      await hasText(page, "#missing-heading", "There is no such document");
      equal(await page.isVisible("#paper"), false);
      await page.click("text=Show all documents");
      await hasText(page, "#documents", "The only one");
    }
  });

  it("report that the document is too large, which stops saving, and offer to reload it", async () => {
    const { join } = await start("", { maxDocumentBytes: 20_000 });
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "small ");
    await isSaved(ada);
    await paste(ada, "x".repeat(30_000));
    await hasText(ada, "#trouble", /too large.*are not saved/);
    await hasText(ada, "#save-words", /^Not saved$/);
    equal(await ada.getAttribute(TEXT, "contenteditable"), "false");
    equal(await ada.isEditable("#title"), false);
    equal(await ada.locator(".fields").evaluate((each) => (each as HTMLElement).inert), true);
    equal(await written(bob), "small ");
    ada.once("dialog", (dialog) => void dialog.accept());
    await ada.click("#reload");
    await reads(ada, "small ");
    await write(ada, "and on");
    await reads(bob, "small and on");
  });

  it("report that the document is full, and clear as soon as somebody leaves", async () => {
    const { join, visit, id } = await start("Full", { maxConnectionsPerDocument: 1 });
    const { page: ada } = await join();
    await write(ada, "full");
    await isSaved(ada);
    const { page: bob } = await visit(`/documents/${id}`);
    await hasText(bob, "#trouble", "This document is full.");
    equal(await bob.inputValue("#title"), "Full");
    equal(await bob.isEditable("#title"), false);
    await ada.close();
    await reads(bob, "full");
    equal(await bob.isVisible("#notice"), false);
  });

  it("report what to do if a proxy changes the Host header, which stops retries", async () => {
    const { origin, id, visit } = await start("Title");
    const proxied = await startHostProxy(origin);
    const { page } = await visit(`/documents/${id}`);
    await page.locator(TEXT).waitFor();
    await page.goto(`${proxied}/documents/${id}`);
    await hasText(page, "#trouble", `Add ${proxied} to allowedOrigins`);
    await hasText(page, "#save-words", /^Not saved$/);
    await page.goto(`${proxied}/`);
    await page.fill("#new-title", "Another");
    await page.click("#create");
    await hasText(page, "#create-note", /allowedOrigins.*No document was created/);
  });

  it("report that changes come too fast, and clear on their own", async () => {
    const { join } = await start("", { maxUpdatesPerSecond: 5 });
    const { page } = await join();
    const text = "faster than that it can be saved, and yet nothing of it is lost";
    await write(page, text);
    await hasText(page, "#trouble", "You are changing the document faster than it can be saved.");
    await isSaved(page);
    const { page: later } = await join();
    match(await written(later), new RegExp(`^${text}$`));
  });
});
