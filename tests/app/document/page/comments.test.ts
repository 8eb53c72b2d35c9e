import { deepEqual, equal, match } from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasText } from "../../../drivers/browser.ts";
import {
  comment,
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

const highlighted = (page: Page): Promise<string[]> => page.locator(".commented").allTextContents();

const selected = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => getSelection()?.toString());

describe("comments in the document page", () => {
  const start = useDocumentPages();

  it("belong to a passage, and everybody can see, follow, resolve and reopen them", async () => {
    const { join } = await start();
    const [{ page: ada, faults }, { page: bob }] = [await join(), await join()];
    await rename(ada, "Ada");
    await write(ada, "The quick brown fox");
    await hasText(bob, TEXT, "fox");
    await comment(ada, "brown", "Is it <b>brown</b>?");
    await hasText(bob, ".comment .author", /^Ada$/);
    await hasText(bob, ".comment .words", /^Is it <b>brown<\/b>\?$/);
    await hasText(bob, "#announcer", "Ada comments: Is it <b>brown</b>?");
    await hasText(bob, "#comments-title", "Comments (1)");
    deepEqual(await highlighted(bob), ["brown"]);
    equal(await bob.isVisible(".comment .note"), false);
    match((await bob.getAttribute(".comment time", "datetime")) ?? "", /^\d{4}-\d\d-\d\dT/);

    await bob.click(".comment .passage");
    equal(await selected(bob), "brown");
    await hasText(bob, ".comment.active", "brown");
    await bob.click(".comment .link");
    await waitFor("nothing is highlighted", async () => (await highlighted(ada)).length === 0);
    equal(await ada.locator(".comment").count(), 0);
    await ada.check("#show-resolved");
    await ada.click(".comment .link");
    await waitFor("it is open again", async () => (await highlighted(bob)).join() === "brown");
    deepEqual(faults, []);
  });

  it("stay on their passage while others write, and remain if it is deleted", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "one two three");
    await reads(bob, "one two three");
    await comment(ada, "two", "Why?");
    await hasText(bob, ".comment", "Why?");
    await bob.focus(TEXT);
    await press(bob, "Control+Home");
    await bob.keyboard.type("zzz ");
    await reads(ada, "zzz one two three");
    deepEqual(await highlighted(ada), ["two"]);
    await select(bob, "two");
    await press(bob, "ArrowRight");
    await bob.keyboard.type("!?");
    await reads(ada, "zzz one two!? three");
    deepEqual(await highlighted(ada), ["two"]);
    await select(bob, "two");
    await press(bob, "Delete");
    await hasText(ada, ".comment .note", "The commented text was deleted.");
    equal(await ada.isVisible(".comment .passage"), false);
    await ada.focus(TEXT);
    await press(ada, "Control+z");
    await reads(ada, "zzz !?");
    equal(await ada.locator(".comment").count(), 1);
  });

  it("are not undone with the text", async () => {
    const { join } = await start();
    const { page } = await join();
    await write(page, "one two three");
    // An edit half a second later is another undo step.
    await page.waitForTimeout(600);
    await comment(page, "two", "Why?");
    await hasText(page, ".commented", /^two$/);
    await press(page, "Control+z");
    await reads(page, "");
    await hasText(page, ".comment .words", /^Why\?$/);
  });

  it("can overlap, and can be on code", async () => {
    const { join } = await start();
    const { page } = await join();
    await write(page, "a long passage with `code` in it");
    await comment(page, "long passage", "First");
    await select(page, "a ");
    await press(page, "Shift+End");
    await page.click('[data-tool="comment"]');
    await page.fill("#composer-words", "Second");
    await page.press("#composer-words", "Control+Enter");
    await comment(page, "code", "Third");
    await hasText(page, "#comments-title", "Comments (3)");
    deepEqual(await page.locator(".comment .words").allTextContents(), [
      "Second",
      "First",
      "Third",
    ]);
    deepEqual(await page.locator(".comment .passage").allTextContents(), [
      "a long passage with code in it",
      "long passage",
      "code",
    ]);
    await page.click("code");
    await hasText(page, ".comment.active .words", /^Third$/);
  });

  it("mark the passage while a comment is written, even if others move it, until it is cancelled", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "one two three");
    await hasText(bob, TEXT, "three");
    await select(ada, "two");
    await ada.click('[data-tool="comment"]');
    deepEqual(await highlighted(ada), ["two"]);
    await bob.focus(TEXT);
    await press(bob, "Control+Home");
    await bob.keyboard.type("zero ");
    await reads(ada, "zero one two three");
    deepEqual(await highlighted(ada), ["two"]);
    await hasText(ada, "#composer-passage", /^two$/);
    await ada.fill("#composer-words", "Not for anybody");
    await ada.press("#composer-words", "Escape");
    deepEqual(await highlighted(ada), []);
    equal(await ada.isVisible("#composer"), false);
    deepEqual(await highlighted(bob), []);
    await press(ada, "ArrowRight");
    await ada.click('[data-tool="comment"]');
    await hasText(ada, "#announcer", "Select the text to comment on first.");
    await select(ada, "three");
    await ada.click('[data-tool="comment"]');
    await hasText(ada, "#composer-passage", /^three$/);
    equal(await ada.inputValue("#composer-words"), "");
  });

  it("move with their passage, and are not copied with it", async () => {
    const { join } = await start();
    const { page } = await join();
    await write(page, "one two three ");
    await comment(page, "two", "Why?");
    await select(page, "two");
    await press(page, "Control+c", "Control+End", "Control+v");
    await reads(page, "one two three two");
    deepEqual(await highlighted(page), ["two"]);
    await select(page, "two");
    await press(page, "Control+x");
    await hasText(page, ".comment .note", "The commented text was deleted.");
    await press(page, "Control+End", "Control+v");
    await hasText(page, ".comment .passage", /^two$/);
    equal(await written(page), "one  three twotwo");
  });
});
