import { deepEqual, equal, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasText } from "../../../drivers/browser.ts";
import {
  hasTitle,
  isSaved,
  reads,
  TEXT,
  useDocumentPages,
  write,
  written,
} from "../../../drivers/documentPage.ts";
import { waitFor } from "../../../drivers/waitFor.ts";

const OFFLINE = "Offline – changes are kept while this page is open";

/** Leaves the page, and returns whether it asked for confirmation. */
async function leave(page: Page): Promise<boolean> {
  const confirmation = page.waitForEvent("dialog").then(
    async (dialog) => {
      equal(dialog.type(), "beforeunload");
      await dialog.dismiss();
      return true;
    },
    () => false,
  );
  await page.close({ runBeforeUnload: true });
  return confirmation;
}

/** Collects the save states that the page shows from now on. */
async function statesOf(page: Page): Promise<() => Promise<string[]>> {
  const states = await page.evaluateHandle(() => {
    const seen: string[] = [];
    const words = document.querySelector("#save-words") ?? document.body;
    const observer = new MutationObserver(() => seen.push(words.textContent));
    observer.observe(words, { childList: true, characterData: true, subtree: true });
    return seen;
  });
  return () => states.jsonValue();
}

describe("the document page without a network", () => {
  const start = useDocumentPages();

  it("shows that it is offline, keeps changes, asks before leaving, and merges them when it is back online", async () => {
    const { join } = await start("Plan");
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "One.");
    await reads(bob, "One.");
    await isSaved(ada);
    await ada.context().setOffline(true);
    await hasText(ada, "#save-words", OFFLINE);
    await hasText(ada, "#standing-announcer", OFFLINE);
    await hasText(ada, "#people-count", "1 person");
    await ada.locator("#author").pressSequentially("A");
    equal(await leave(ada), true);
    await write(ada, " Two.");
    await ada.fill("#title", "Plan B");
    await bob.focus(TEXT);
    await bob.keyboard.press("Control+Home");
    await bob.keyboard.type("Zero! ");
    await isSaved(bob);
    equal(await written(bob), "Zero! One.");
    equal(await written(ada), "One. Two.");
    equal(await leave(ada), true);
    await ada.context().setOffline(false);
    await reads(ada, "Zero! One. Two.");
    await reads(bob, "Zero! One. Two.");
    await hasTitle(bob, "Plan B");
    equal(await bob.inputValue("#author"), "A");
    await isSaved(ada);
    await hasText(ada, "#standing-announcer", /^Saved$/);
    await hasText(ada, "#people-count", "2 people");
    equal(await leave(ada), false);
  });

  it("reconnects on its own after the server was unavailable", async () => {
    const { join, network } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    network.refuse();
    await hasText(ada, "#save-words", OFFLINE);
    await hasText(bob, "#save-words", OFFLINE);
    await write(ada, "from Ada ");
    network.heal();
    await reads(bob, "from Ada ");
    await isSaved(ada);
  });

  it("sees the others, and is seen by them, as soon as it is back, before their next periodic update", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    const seesOne = (page: Page): Promise<void> => hasText(page, "#people-count", "1 person");
    await ada.context().setOffline(true);
    await Promise.all([seesOne(ada), seesOne(bob)]);
    await ada.context().setOffline(false);
    // The periodic update comes every 15 seconds.
    await waitFor("both see each other again", async () => {
      const counts = [ada, bob].map((page) => page.textContent("#people-count"));
      return (await Promise.all(counts)).every((count) => count === "2 people");
    });
  });

  it("does not show a lost connection that is replaced at once, and loses nothing", async () => {
    const { join, network } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await isSaved(ada);
    const states = await statesOf(ada);
    network.refuse();
    network.heal();
    await write(ada, "meanwhile");
    await reads(bob, "meanwhile");
    await isSaved(ada);
    ok((await states()).every((state) => ["Saving…", "Saved"].includes(state)));
  });

  it("shows changes as saved only once they are in the database", async () => {
    const { join, database, log } = await start();
    const { page } = await join();
    await write(page, "Before. ");
    await isSaved(page);
    const states = await statesOf(page);
    database.refuse();
    await write(page, "Meanwhile.");
    await waitFor("the server cannot save", () => log.join().includes("cannot save yet"));
    deepEqual([...new Set(await states())], ["Saving…"]);
    equal(await leave(page), true);
    database.heal();
    await isSaved(page);
    const { page: later } = await join();
    equal(await written(later), "Before. Meanwhile.");
  });

  it("opens a document as soon as the database is available", async () => {
    const { visit, database, id } = await start("Patience");
    database.refuse();
    const { page } = await visit(`/documents/${id}`);
    await hasText(page, "#save-words", "The server cannot reach its database. Trying again…");
    database.heal();
    await page.locator(TEXT).waitFor();
    await hasTitle(page, "Patience");
    await waitFor("it can be changed", () => page.isEditable("#author"));
  });
});
