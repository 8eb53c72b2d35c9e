import { press, reads, TEXT, useDocumentPages, write } from "../support/documentPage.ts";

/** A step of undo ends when nothing is typed for so long. */
const STEP_MS = 600;

describe("the page of a document, written in by an input method", () => {
  const start = useDocumentPages();

  it("keeps what is typed one step of undo while others type", async () => {
    const { join } = await start();
    const [{ page: ada }, { page: bob }] = [await join(), await join()];
    await write(ada, "first");
    await press(ada, "Enter");
    await reads(bob, "first\n");
    await bob.focus(TEXT);
    await press(bob, "Control+Home");
    await ada.waitForTimeout(STEP_MS);
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
});
