import { deepEqual, equal, match } from "node:assert/strict";
import type { HocuspocusProvider } from "@hocuspocus/provider";
import { createRelativePositionFromTypeIndex, XmlElement, XmlText } from "yjs";
import { hasText } from "../../../drivers/browser.ts";
import {
  hasTitle,
  isSaved,
  press,
  reads,
  rename,
  select,
  TEXT,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

describe("the document page", () => {
  const start = useDocumentPages();

  it("shows two people each other's text, caret and name, without errors or foreign origins", async () => {
    const { join, origin } = await start();
    const [ada, bob] = [await join(), await join()];
    await rename(ada.page, "Ada");
    await rename(bob.page, "Bob");
    await write(ada.page, "Hello ");
    await reads(bob.page, "Hello ");
    await write(bob.page, "world");
    await reads(ada.page, "Hello world");
    await hasText(ada.page, ".caret-name", /^Bob$/);
    await hasText(bob.page, ".caret-name", /^Ada$/);
    await hasText(ada.page, "#people", /^Ada \(you\)Bob$/);
    await hasText(bob.page, "#people-count", "2 people");
    await isSaved(ada.page);
    await bob.page.close();
    await hasText(ada.page, "#people-count", "1 person");
    await ada.page.locator(".caret").waitFor({ state: "detached" });
    for (const { faults, origins } of [ada, bob]) {
      deepEqual(faults, []);
      deepEqual([...origins], [origin]);
    }
  });

  it("shows the selections of others in their colours", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "one two three");
    await reads(bob, "one two three");
    await select(bob, "two");
    await hasText(ada, ".selected", /^two$/);
    const hueOf = (selector: string): Promise<string> =>
      ada
        .locator(selector)
        .evaluate((each) => (each as HTMLElement).style.getPropertyValue("--hue"));
    match(await hueOf(".selected"), /^\d+$/);
    equal(await hueOf(".selected"), await hueOf(".caret"));
    equal(await hueOf(".selected"), await hueOf("#people li:last-child"));
  });

  it("generates a name at first, and keeps one's own name, which others see at the caret, too", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    match(await ada.inputValue("#own-name"), /^[A-Z][a-z]+ [A-Z][a-z]+$/);
    await write(bob, "here");
    await ada.locator(".caret").waitFor();
    await rename(bob, "<b>Bob</b>");
    await write(bob, "!");
    await hasText(ada, ".caret-name", "<b>Bob</b>");
    await hasText(ada, "#people", "<b>Bob</b>");
    await bob.reload();
    await bob.locator(TEXT).waitFor();
    equal(await bob.inputValue("#own-name"), "<b>Bob</b>");
    await rename(bob, "  ");
    equal(await bob.inputValue("#own-name"), "<b>Bob</b>");
  });

  it("shows a new name at a caret that stays where it is", async () => {
    const { join, edit } = await start();
    const { page } = await join();
    await write(page, "here");
    const providers: HocuspocusProvider[] = [];
    await edit((doc, provider) => {
      const [text] = doc.getXmlFragment("body").createTreeWalker((type) => type instanceof XmlText);
      const position = createRelativePositionFromTypeIndex(text as XmlText, 2);
      const cursor = { anchor: position, head: position };
      provider.awareness?.setLocalState({ user: { name: "Eve", hue: 10 }, cursor });
      providers.push(provider);
    });
    await hasText(page, ".caret-name", /^Eve$/);
    providers[0]?.awareness?.setLocalStateField("user", { name: "Eva", hue: 20 });
    await hasText(page, ".caret-name", /^Eva$/);
  });

  it("merges a title that two people type at the same time, and keeps each caret in its place", async () => {
    const { join } = await start("Plan");
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await ada.focus("#title");
    await ada.keyboard.press("Home");
    await bob.focus("#title");
    await bob.keyboard.press("End");
    for (const [a, b] of [
      ["T", " f"],
      ["h", "o"],
      ["e", "r"],
      [" ", " X"],
    ] as const) {
      await Promise.all([ada.keyboard.type(a), bob.keyboard.type(b)]);
      await waitFor("both have the same", async () => {
        const titles = await Promise.all([ada.inputValue("#title"), bob.inputValue("#title")]);
        return titles.every((title) => title === titles[0]);
      });
    }
    await hasTitle(ada, "The Plan for X");
    await hasTitle(bob, "The Plan for X");
    await waitFor(
      "the tab has it",
      async () => (await bob.title()) === "The Plan for X · Documents",
    );
    await ada.keyboard.press("Enter");
    equal(
      await ada.evaluate(() => document.activeElement?.className.includes("ProseMirror")),
      true,
    );
    equal(await written(ada), "");
  });

  it("shares author, status and due date, and shows a status that it does not offer", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await ada.fill("#author", "Ada Lovelace");
    await ada.selectOption("#status", "In review");
    await ada.fill("#due", "2027-03-31");
    await waitFor("Bob sees the fields", async () => {
      const values = ["#author", "#status", "#due"].map((each) => bob.inputValue(each));
      return (await Promise.all(values)).join() === "Ada Lovelace,In review,2027-03-31";
    });
    await bob.selectOption("#status", "");
    await waitFor("Ada sees none", async () => (await ada.inputValue("#status")) === "");
  });

  it("keeps the whole text of the last writer if two people type an author at the same time", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await Promise.all([
      ada.locator("#author").pressSequentially("Ada Lovelace", { delay: 40 }),
      bob.locator("#author").pressSequentially("Bob Jones", { delay: 60 }),
    ]);
    await Promise.all([ada.focus(TEXT), bob.focus(TEXT)]);
    const authors = () => Promise.all([ada, bob].map((each) => each.inputValue("#author")));
    await waitFor("both see one", async () => new Set(await authors()).size === 1);
    match((await authors()).join(), /^(Ada Lovelace,Ada Lovelace|Bob Jones,Bob Jones)$/);
  });

  it("restores a large deleted text in one undo step", async () => {
    const { join, edit } = await start();
    const line = "x".repeat(1000);
    await edit((doc) => {
      const body = doc.getXmlFragment("body");
      for (let each = 0; each < 600; each += 1) {
        const paragraph = new XmlElement("paragraph");
        body.push([paragraph]);
        paragraph.push([new XmlText(line)]);
      }
    });
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await ada.focus(TEXT);
    await press(ada, "Control+a", "Delete");
    await reads(bob, "");
    await press(ada, "Control+z");
    await reads(bob, Array<string>(600).fill(line).join("\n"));
    await isSaved(ada);
  });

  it("ends links where they were set to end, and allows none in code", async () => {
    const { join } = await start();
    const { page } = await join();
    await write(page, "see here");
    await select(page, "here");
    await page.keyboard.press("Control+k");
    await page.fill("#link-address", "example.com");
    await page.keyboard.press("Enter");
    await hasText(page, `${TEXT} a`, /^here$/);
    await press(page, "End");
    await page.keyboard.type(" and on");
    await reads(page, "see here and on");
    equal(await page.innerText(`${TEXT} a`), "here");
    await press(page, "Enter");
    await page.click('[data-tool="code-block"]');
    equal(await page.getAttribute('[data-tool="link"]', "aria-disabled"), "true");
    await page.keyboard.press("Control+k");
    await hasText(page, "#announcer", /^Code cannot contain links\.$/);
    equal(await page.isVisible("#link"), false);
  });

  it("undoes and redoes only one's own edits, the last one first, wherever they were made", async () => {
    const { join } = await start("Old");
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "mine ");
    await reads(bob, "mine ");
    await write(bob, "theirs");
    await reads(ada, "mine theirs");
    // An edit half a second later is another undo step.
    await ada.waitForTimeout(600);
    await ada.fill("#title", "New");
    await hasTitle(bob, "New");
    await ada.press("#title", "Control+z");
    await hasTitle(bob, "Old");
    await ada.focus(TEXT);
    await ada.keyboard.press("Control+z");
    await reads(bob, "theirs");
    await ada.keyboard.press("Control+z");
    await ada.click('[data-tool="redo"]');
    await reads(bob, "mine theirs");
    await ada.keyboard.press("Control+Shift+z");
    await hasTitle(bob, "New");
    equal(await ada.getAttribute('[data-tool="redo"]', "aria-disabled"), "true");
  });

  it("shows which replica serves the document", async () => {
    const { join } = await start();
    const { page } = await join();
    await hasText(page, "#replica.tinted", /^document-00002$/);
  });
});
