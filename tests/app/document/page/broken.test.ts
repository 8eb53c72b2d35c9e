import { deepEqual, equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import * as Y from "yjs";
import { hasText } from "../../../drivers/browser.ts";
import { isSaved, reads, TEXT, useDocumentPages, write } from "../../../drivers/documentPage.ts";
import { saveUnchecked } from "../../../drivers/documentServer.ts";
import { putting } from "../documentShapes.ts";

/** Adds something to a document that its page cannot show. */
const BREAKS: Readonly<Record<string, (doc: Y.Doc) => Uint8Array>> = {
  "text beside paragraphs": (doc) =>
    putting(doc, [doc.getXmlFragment("body"), null], new Y.ContentType(new Y.XmlText("x"))),
  "a map in the text": (doc) => putting(doc, [textOf(doc), null], new Y.ContentType(new Y.Map())),
};

function textOf(doc: Y.Doc): Y.XmlText {
  const paragraph = doc.getXmlFragment("body").get(0) as Y.XmlElement;
  return paragraph.get(0) as Y.XmlText;
}

async function keep(page: Page, name: string): Promise<void> {
  await page.click("#show-history");
  await page.fill("#version-name", name);
  await page.click("#keep-version");
  await hasText(page, ".version .name", name);
  await page.click("#close-history");
}

describe("the page of a document with content that it cannot show", () => {
  const start = useDocumentPages();

  /** Starts a document with a text and a version, and returns what breaks it. */
  const startWhole = async () => {
    const started = await start("Whole");
    const { edit, database, id, join } = started;
    const { page } = await join();
    await write(page, "all is well");
    await isSaved(page);
    await keep(page, "Sound");
    const breakBy = (change: (doc: Y.Doc) => Uint8Array): Promise<void> =>
      edit((doc) => {
        const copy = new Y.Doc();
        Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
        broken = change(copy);
      }).then(() => saveUnchecked(database.url, id, broken));
    let broken: Uint8Array = new Uint8Array();
    return { ...started, page, breakBy };
  };

  for (const [what, change] of Object.entries(BREAKS)) {
    it(`reports it, and shows nothing as saved: ${what}`, async () => {
      const { page, breakBy, visit, id } = await startWhole();
      await page.close();
      await breakBy(change);
      const { page: later, faults } = await visit(`/documents/${id}`);
      await hasText(later, "#trouble", "cannot show");
      await hasText(later, "#save-words", /^Cannot be shown$/);
      equal(await later.locator(TEXT).count(), 0);
      await later.click("#repair");
      await reads(later, "all is well");
      await isSaved(later);
      equal(await later.isVisible("#notice"), false);
      await write(later, "!");
      await isSaved(later);
      deepEqual(faults, []);
    });
  }

  it("can be restored from the history, for everybody", async () => {
    const { page, breakBy, visit, join, id } = await startWhole();
    await page.close();
    await breakBy(BREAKS["text beside paragraphs"] ?? (() => new Uint8Array()));
    const { page: ada, faults } = await visit(`/documents/${id}`);
    const { page: bob } = await visit(`/documents/${id}`);
    await hasText(ada, "#trouble", "cannot show");
    await hasText(bob, "#trouble", "cannot show");
    await ada.click("#show-history");
    await ada.click("text=Sound");
    await hasText(ada, "#version-title", /^Whole$/);
    await ada.click("#restore");
    await reads(ada, "all is well");
    await isSaved(ada);
    await reads(bob, "all is well");
    await write(ada, " again");
    await reads(bob, "all is well again");
    const { page: carol } = await join();
    await reads(carol, "all is well again");
    deepEqual(faults, []);
  });

  it("reports content that arrives while somebody types, and prevents edits that would be lost", async () => {
    const { page, breakBy } = await startWhole();
    await breakBy(BREAKS["a map in the text"] ?? (() => new Uint8Array()));
    await hasText(page, "#trouble", "Somebody has added content that this page cannot show.");
    equal(await page.getAttribute(TEXT, "contenteditable"), "false");
    await hasText(page, "#save-words", /^Cannot be shown$/);
    page.once("dialog", (dialog) => void dialog.accept());
    await page.click("#reload");
    await page.click("#repair");
    await reads(page, "all is well");
    await isSaved(page);
  });
});
