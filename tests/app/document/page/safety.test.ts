import { deepEqual, equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import * as Y from "yjs";
import { hasText } from "../../../drivers/browser.ts";
import {
  comment,
  paste,
  select,
  TEXT,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";
import { saveUnchecked } from "../../../drivers/documentServer.ts";

/** Attributes and elements that must never be in the text. */
const strange = (page: Page): Promise<string[]> =>
  page.locator("#text, #version-text, #comments").evaluateAll((places) =>
    places.flatMap((place) => {
      const elements = [...place.querySelectorAll("*")];
      const odd = elements.filter((each) => {
        const isOdd = /^(SCRIPT|IMG|IFRAME|STYLE|OBJECT|FORM|INPUT|SVG)$/i.test(each.tagName);
        const hasHandler = each.getAttributeNames().some((name) => name.startsWith("on"));
        return (isOdd && !each.classList.contains("ProseMirror-separator")) || hasHandler;
      });
      return odd.map(({ outerHTML }) => outerHTML);
    }),
  );

const links = (page: Page): Promise<(string | null)[]> =>
  page.locator(`${TEXT} a`).evaluateAll((all) => all.map((each) => each.getAttribute("href")));

const wasHacked = (page: Page): Promise<boolean> => page.evaluate(() => "hacked" in window);

describe("the document page with hostile input", () => {
  const start = useDocumentPages();

  it("executes nothing that is pasted, and keeps only what a text may contain", async () => {
    const { join } = await start();
    const [ada, bob] = [await join(), await join()];
    await ada.page.focus(TEXT);
    await paste(
      ada.page,
      `<h2 onclick="hacked=1" style="color:red" id="title">Head</h2><script>hacked=1</script>
      <style>body{display:none}</style><p>para<img src="x" onerror="hacked=1"><svg onload="hacked=1"></svg>
      <b onmouseover="hacked=1">bold</b></p><iframe src="javascript:parent.hacked=1"></iframe>
      <form action="/x"><input autofocus onfocus="hacked=1"></form><a href="javascript:hacked=1">evil</a>
      <a href=" java\tscript:hacked=1">sly</a><a href="data:text/html,x">data</a> <a href="/local">local</a>
      <a href="https://example.com/a?b#c" onclick="hacked=1" target="_self" rel="opener" class="hidden">good</a>`,
    );
    for (const { page } of [ada, bob]) {
      await hasText(page, `${TEXT} h2`, /^Head$/);
      await hasText(page, `${TEXT} strong`, /^bold$/);
      await hasText(page, `${TEXT} a`, /^good$/);
      deepEqual(await links(page), ["https://example.com/a?b#c"]);
      equal(await page.locator(`${TEXT} a`).getAttribute("rel"), "noopener noreferrer nofollow");
      equal(await page.locator(`${TEXT} a`).getAttribute("class"), null);
      deepEqual(await strange(page), []);
      equal(await wasHacked(page), false);
    }
    deepEqual([...ada.faults, ...bob.faults], []);
  });

  it("keeps bold, italic and struck-out text from a word processor, and no other styles", async () => {
    const { join } = await start();
    const { page, faults } = await join();
    await page.focus(TEXT);
    await paste(
      page,
      `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p style="line-height:1.38">
      <span style="font-weight:400;font-style:normal">plain </span><span style='font-weight:700'>bold </span>
      <span style="font-style:italic;color:red">italic </span><span style="text-decoration:line-through">gone</span>
      </p></b>`,
    );
    await hasText(page, TEXT, "gone");
    const marked = (tag: string): Promise<string[]> =>
      page.locator(`${TEXT} ${tag}`).allTextContents();
    deepEqual(await marked("strong"), ["bold "]);
    deepEqual(await marked("em"), ["italic "]);
    deepEqual(await marked("s"), ["gone"]);
    deepEqual(faults, []);
  });

  it("never interprets titles, names and comments as HTML", async () => {
    const evil = `<img src=x onerror="hacked=1">`;
    const { join, visit } = await start(evil);
    const { page, faults } = await join();
    await page.fill("#own-name", evil);
    await page.press("#own-name", "Enter");
    await write(page, `${evil} `);
    await comment(page, "onerror", evil);
    await hasText(page, ".comment .author", evil);
    await hasText(page, "#people", evil);
    equal(await written(page), `${evil} `);
    deepEqual(await strange(page), []);
    const list = await visit("/");
    await hasText(list.page, "#documents", evil);
    equal(await list.page.locator("#documents img").count(), 0);
    deepEqual([...faults, ...list.faults], []);
  });

  it("links only to web and mail addresses, also in links that other people set", async () => {
    const { join, edit } = await start();
    const { page, faults } = await join();
    await write(page, "click here or there ");
    await select(page, "here");
    await page.keyboard.press("Control+k");
    for (const address of [
      "javascript:alert(1)",
      "data:text/html,x",
      "/local",
      "file:///etc/passwd",
    ]) {
      await page.fill("#link-address", address);
      await page.keyboard.press("Enter");
      await hasText(page, "#link-error", /^Enter an address/);
      equal(await page.getAttribute("#link-address", "aria-invalid"), "true");
    }
    await page.fill("#link-address", "example.com/x");
    await page.keyboard.press("Enter");
    await page.locator(`${TEXT} a`).waitFor();
    deepEqual(await links(page), ["https://example.com/x"]);
    await select(page, "there");
    await page.click('[data-tool="link"]');
    await page.fill("#link-address", "ada@example.com");
    await page.keyboard.press("Enter");
    await hasText(page, `${TEXT} a`, /^there$/);
    deepEqual(await links(page), ["https://example.com/x", "mailto:ada@example.com"]);

    await edit((doc) => {
      const paragraph = new Y.XmlElement("paragraph");
      const text = new Y.XmlText();
      doc.getXmlFragment("body").push([paragraph]);
      paragraph.push([text]);
      text.insert(0, "sent", {
        link: { href: "javascript:alert(1)" },
      });
    });
    await hasText(page, TEXT, "sent");
    deepEqual((await links(page)).slice(2), [""]);
    deepEqual(faults, []);
  });

  it("tolerates malformed carets, fields and comments", async () => {
    const { join, edit, database, id } = await start();
    const { page, faults } = await join();
    await write(page, "still here");
    const odd = new Y.Doc();
    odd.getMap("fields").set("author", { not: "text" });
    odd.getMap("fields").set("status", "Unheard of");
    odd.getMap("comments").set("one", "no comment");
    const comment = { author: 1, createdAt: "never", text: null };
    odd.getMap("comments").set("two", new Y.Map<unknown>(Object.entries(comment)));
    await saveUnchecked(database.url, id, Y.encodeStateAsUpdate(odd));
    for (const state of [
      { user: "nobody", cursor: { anchor: 1, head: {} } },
      { user: { name: 7, hue: "red" }, cursor: { anchor: null, head: null } },
      { user: { name: "Eve", hue: "0;}*{display:none" }, cursor: "x" },
      { user: { name: "E".repeat(9999), hue: Infinity }, cursor: null },
    ]) {
      await edit((_doc, provider) => provider.awareness?.setLocalState(state));
    }
    await hasText(page, "#comments", "Somebody");
    await write(page, " and well");
    equal(await written(page), "still here and well");
    equal(await page.inputValue("#author"), "");
    equal(await page.inputValue("#status"), "Unheard of");
    equal(await page.locator(".comment").count(), 1);
    deepEqual(faults, []);
  });
});
