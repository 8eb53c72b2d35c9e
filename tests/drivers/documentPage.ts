import type { HocuspocusProvider } from "@hocuspocus/provider";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type * as Y from "yjs";
import { hasText, openPage, startBrowser } from "./browser.ts";
import { closeEditors, openDocument } from "./documentEditor.ts";
import { newDocument, startDocumentServer, stopDocumentServers } from "./documentServer.ts";
import { startRelay, usePostgres, type Relay } from "./postgres.ts";
import { waitFor } from "./waitFor.ts";

const DESKTOP = { viewport: { width: 1280, height: 860 } };

export const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** Opens pages of documents, each with a server and a PostgreSQL database of its own, for the tests of a `describe`. */
export function useDocumentPages() {
  const postgres = usePostgres();
  const networks = new Set<Relay>();
  let browser: Browser;

  before(async () => (browser = await startBrowser()));
  after(() => browser.close());
  afterEach(closeEditors);
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  afterEach(stopDocumentServers);
  afterEach(async () => {
    await Promise.all([...networks].map((network) => network.close()));
    networks.clear();
  });

  /** Starts a server with a document. */
  return async (title = "", choices: Parameters<typeof startDocumentServer>[1] = {}) => {
    const database = await startRelay(await postgres.newDatabase());
    const served = await startDocumentServer(database.url, {
      replica: "document-00002",
      ...choices,
    });
    const id = await newDocument(served.origin, title);
    const network = await startRelay(served.origin);
    networks.add(database).add(network);
    const { origin } = new URL(network.url);

    const visit = (path: string, options: BrowserContextOptions = {}) =>
      openPage(browser, origin + path, { ...DESKTOP, ...options });
    /** Opens the document as one more person, and waits until it is there. */
    const join = async (options: BrowserContextOptions = {}) => {
      const opened = await visit(`/documents/${id}`, options);
      await opened.page.locator(TEXT).waitFor();
      return opened;
    };
    /** Edits the document by another program than the page, which stays until the test ends. */
    const edit = async (change: (doc: Y.Doc, provider: HocuspocusProvider) => void) => {
      const editor = await openDocument(id, served.origin);
      editor.doc.transact(() => change(editor.doc, editor.provider));
      await editor.saved();
    };
    return { ...served, origin, id, database, network, visit, join, edit };
  };
}

/** The text that one writes. */
export const TEXT = "#text .ProseMirror";

/** What is written, without the names at the carets; a line for each block. */
export function written(page: Page): Promise<string> {
  return page.locator(TEXT).evaluate((element) => {
    const blocks = element.querySelectorAll("p, h1, h2, h3, pre");
    const lines = [...blocks].map((block) => {
      const copy = block.cloneNode(true) as Element;
      copy.querySelectorAll(".caret").forEach((caret) => caret.remove());
      return copy.textContent;
    });
    return lines.join("\n");
  });
}

/** Waits until the text of a page is this. */
export const reads = (page: Page, text: string): Promise<void> =>
  waitFor(`the text is ${JSON.stringify(text)}`, async () => (await written(page)) === text);

/** Waits until the title of a page's document is this. */
export const hasTitle = (page: Page, title: string): Promise<void> =>
  waitFor(`the title is ${title}`, async () => (await page.inputValue("#title")) === title);

/** Writes at the end of the text. */
export async function write(page: Page, words: string): Promise<void> {
  await page.focus(TEXT);
  await page.keyboard.press("Control+End");
  await page.keyboard.type(words);
}

/** Pastes HTML into the text. */
export function paste(page: Page, html: string): Promise<void> {
  return give(page, "paste", { "text/html": html });
}

/** Pastes or drops something into the text: what is of a type, or files of these names and types. */
export function give(
  page: Page,
  how: "paste" | "drop",
  data: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  return page.locator(TEXT).evaluate(
    (element, given) => {
      const transfer = new DataTransfer();
      Object.entries(given.data).forEach(([type, text]) => transfer.setData(type, text));
      Object.entries(given.files).forEach(([name, type]) =>
        transfer.items.add(new File(["x"], name, { type })),
      );
      const { left, top } = element.getBoundingClientRect();
      const options = { bubbles: true, cancelable: true };
      element.dispatchEvent(
        given.how === "paste"
          ? new ClipboardEvent("paste", { clipboardData: transfer, ...options })
          : new DragEvent("drop", {
              dataTransfer: transfer,
              clientX: left + 5,
              clientY: top + 20,
              ...options,
            }),
      );
    },
    { how, data, files },
  );
}

/** Waits until the page says that all is saved. */
export function isSaved(page: Page): Promise<void> {
  return hasText(page, "#save-words", /^Saved$/);
}

/** Selects words of the text; they are within one piece of it. */
export async function select(page: Page, words: string): Promise<void> {
  await page.focus(TEXT);
  await page.locator(TEXT).evaluate(async (element, wanted) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const at = node.textContent?.indexOf(wanted) ?? -1;
      if (at >= 0) {
        getSelection()?.setBaseAndExtent(node, at, node, at + wanted.length);
        // The editor learns of it by an event.
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        return;
      }
    }
    throw new Error(`the text has no "${wanted}"`);
  }, words);
}

/** Presses keys one after the other, as fast as the editor learns of the selection that they make. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))),
    );
  }
}

/** Comments on words of the text. */
export async function comment(page: Page, words: string, text: string): Promise<void> {
  await select(page, words);
  await page.click('[data-tool="comment"]');
  await page.fill("#composer-words", text);
  await page.click("#composer [type=submit]");
}

/** Renames who uses a page. */
export async function rename(page: Page, name: string): Promise<void> {
  await page.fill("#own-name", name);
  await page.press("#own-name", "Enter");
}

/** What is too small for a finger; a link in a text is as high as its line. */
export function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const controls = document.querySelectorAll(
      "button, select, textarea, input[type=text], input[type=date], .switch, a:not(.prose a)",
    );
    const found = [...controls].filter((control) => {
      const { width, height } = control.getBoundingClientRect();
      return control.checkVisibility() && Math.min(width, height) < 44;
    });
    return found.map(({ outerHTML }) => outerHTML);
  });
}

/** What does not fit into the page or into its own box. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const boxes = document.querySelectorAll(
      "html, .card, .side, dialog, .prose, li, p:not(.hidden)",
    );
    const found = [...boxes].filter(
      (box) => box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "clip",
    );
    return found.map(({ tagName, id, className }) => `${tagName}#${id}.${className}`);
  });
}
