import { equal } from "node:assert/strict";
import { hasText } from "../../../drivers/browser.ts";
import {
  isSaved,
  reads,
  TEXT,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";
import { renewUnused, startRooms, stopRooms } from "../documentRooms.ts";

describe("the page of a document that is renewed while it is offline", () => {
  const start = useDocumentPages();

  afterEach(stopRooms);

  /** Starts a document with a text, and a page of it that is offline. */
  const startOffline = async () => {
    const { join, database, id } = await start();
    const { renewer } = await startRooms(database.url);
    const { page } = await join();
    await write(page, "Before.");
    await isSaved(page);
    await page.context().setOffline(true);
    await hasText(page, "#save-words", "Offline");
    const renew = (): Promise<void> => renewUnused(database.url, renewer, id);
    return { page, join, renew };
  };

  it("shows that later changes are not saved, keeps them for copying, and offers to reload", async () => {
    const { page, renew } = await startOffline();
    await write(page, " Meanwhile.");
    await renew();
    await page.context().setOffline(false);
    await hasText(page, "#trouble", /rebuilt.*is not saved.*Copy what you want to keep/);
    await hasText(page, "#save-words", /^Not saved$/);
    equal(await written(page), "Before. Meanwhile.");
    equal(await page.getAttribute(TEXT, "contenteditable"), "false");
    page.once("dialog", (dialog) => void dialog.accept());
    await page.click("#reload");
    await reads(page, "Before.");
    await write(page, " After.");
    await isSaved(page);
  });

  it("continues if nothing was typed meanwhile", async () => {
    const { page, join, renew } = await startOffline();
    await renew();
    await page.context().setOffline(false);
    await isSaved(page);
    await write(page, " After.");
    await isSaved(page);
    const { page: later } = await join();
    equal(await written(later), "Before. After.");
  });
});
