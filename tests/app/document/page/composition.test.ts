import { equal } from "node:assert/strict";
import { XmlText, type Doc } from "yjs";
import { hasText } from "../../../drivers/browser.ts";
import {
  hasTitle,
  isSaved,
  press,
  reads,
  select,
  TEXT,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";
import { useInputMethod } from "./inputMethod.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

/** Milliseconds without a keystroke after which an undo step ends. */
const STEP_MS = 600;

/** The text of a document's paragraph. */
function paragraph(doc: Doc, number: number): XmlText {
  const texts = doc.getXmlFragment("body").createTreeWalker((type) => type instanceof XmlText);
  return [...texts][number] as XmlText;
}

describe("the document page with an input method", () => {
  const start = useDocumentPages();

  it("defers others' changes of the title during a composition, which is one undo step", async () => {
    const { join } = await start("ab");
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await ada.focus("#title");
    await ada.keyboard.press("End");
    await bob.focus("#title");
    await bob.keyboard.press("Home");
    const { compose, commit } = await useInputMethod(ada);
    for (const step of ["n", "に", "にほ", "にほん"]) {
      await compose(step);
      equal(await ada.inputValue("#title"), `ab${step}`);
      await bob.keyboard.type("B");
      await waitFor("Bob sees it", async () =>
        (await bob.inputValue("#title")).endsWith(`ab${step}`),
      );
    }
    await ada.waitForTimeout(STEP_MS);
    await press(ada, "Control+z");
    equal(await ada.inputValue("#title"), "abにほん");
    await compose("にほんご");
    await commit("日本語");
    await hasTitle(ada, "BBBBab日本語");
    await hasTitle(bob, "BBBBab日本語");
    await ada.keyboard.type("!");
    await hasTitle(bob, "BBBBab日本語!");
    await press(ada, "Control+z");
    await hasTitle(bob, "BBBBab日本語");
    await press(ada, "Control+z");
    await hasTitle(bob, "BBBBab");
    await press(ada, "Control+Shift+z");
    await hasTitle(ada, "BBBBab日本語");
  });

  it("defers others' changes of the paragraph during a composition, which is one undo step, but not those elsewhere", async () => {
    const { join, edit } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "first");
    await press(ada, "Enter");
    await ada.keyboard.type("one two three ");
    await reads(bob, "first\none two three ");
    const { compose, commit } = await useInputMethod(ada);
    let before = "하";
    await compose("ㅎ", before);
    await edit((doc) => paragraph(doc, 1).delete(0, 4));
    await edit((doc) => paragraph(doc, 1).insert(4, "2 "));
    await reads(bob, "first\ntwo 2 three 하");
    await bob.focus(TEXT);
    await press(bob, "Control+Home");
    for (const [step, others] of [
      ["한", "B"],
      ["한구", "BB"],
    ] as const) {
      await bob.keyboard.type("B");
      await reads(ada, `${others}first\none two three ${before}`);
      await compose(step);
      await reads(ada, `${others}first\none two three ${step}`);
      before = step;
    }
    await ada.waitForTimeout(STEP_MS);
    await press(ada, "Control+z");
    await reads(ada, "BBfirst\none two three 한구");
    await compose("한국");
    await commit("한국");
    await reads(ada, "BBfirst\ntwo 2 three 한국");
    await press(ada, "Control+z");
    await reads(bob, "BBfirst\ntwo 2 three ");
    await isSaved(ada);
  });

  it("starts a paragraph with an input method while somebody else does", async () => {
    const { join, edit } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(bob, "x");
    await press(bob, "Backspace");
    await reads(ada, "");
    await ada.focus(TEXT);
    const { compose, commit } = await useInputMethod(ada);
    await compose("に");
    await reads(bob, "に");
    await edit((doc) => paragraph(doc, 0).insert(0, "zero "));
    await reads(bob, "zero に");
    await compose("にほ", "にほん");
    await commit("日本");
    await reads(ada, "zero 日本");
    await reads(bob, "zero 日本");
  });

  it("does not overwrite a field or a name during a composition", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    const { compose, commit } = await useInputMethod(ada);
    await ada.focus("#author");
    await compose("に", "にほ");
    await bob.fill("#author", "Bob");
    await write(bob, "later");
    await reads(ada, "later");
    equal(await ada.inputValue("#author"), "にほ");
    await compose("にほん");
    await commit("日本");
    await waitFor("the last is it", async () => (await bob.inputValue("#author")) === "日本");
    await ada.fill("#own-name", "");
    await compose("に", "にほ");
    await bob.fill("#own-name", "Bob");
    await bob.press("#own-name", "Enter");
    await hasText(ada, "#people", "Bob");
    await commit("日本");
    await ada.press("#own-name", "Enter");
    await hasText(bob, "#people", "日本");
  });

  it("ignores keys that belong to the input method", async () => {
    const { join } = await start();
    const { page } = await join();
    const { compose, commit } = await useInputMethod(page);
    await write(page, "one two");
    await select(page, "one");
    await page.click('[data-tool="comment"]');
    await page.focus("#composer-words");
    await compose("に");
    await press(page, "Escape", "Control+Enter");
    equal(await page.isVisible("#composer"), true);
    await commit("日");
    equal(await page.inputValue("#composer-words"), "日");
    await page.click("#composer [type=submit]");
    await hasText(page, ".comment .words", /^日$/);
    equal(await written(page), "one two");
  });

  it("keeps what is typed one undo step while others type", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await ada.clock.install();
    await ada.reload();
    await write(ada, "first");
    await press(ada, "Enter");
    await reads(bob, "first\n");
    await bob.focus(TEXT);
    await press(bob, "Control+Home");
    // However slow the computer is, all that follows is typed at one time, after the step before.
    await ada.clock.setFixedTime(Date.now() + STEP_MS);
    let typed = "";
    for (const letter of "abc") {
      await ada.keyboard.type(letter);
      typed += letter;
      await bob.keyboard.type("B");
      await reads(ada, `${"B".repeat(typed.length)}first\n${typed}`);
    }
    await press(ada, "Control+z");
    await reads(bob, "BBBfirst\n");
  });

  it("keeps the name of a version that is typed while another one is being saved", async () => {
    const { join } = await start();
    const { page } = await join();
    await isSaved(page);
    await page.click("#show-history");
    await page.fill("#version-name", "One");
    await page.route("**/versions", async (route, request) => {
      if (request.method() === "POST") {
        await page.fill("#version-name", "Two");
      }
      await route.continue();
    });
    await page.click("#keep-version");
    await hasText(page, ".version .name", /^One$/);
    equal(await page.inputValue("#version-name"), "Two");
  });
});
