import type { Page } from "playwright-core";

/** Composes in a page as an input method does, such as for Japanese. */
export async function useInputMethod(page: Page) {
  const browser = await page.context().newCDPSession(page);
  return {
    /** Shows each of these texts in turn as the composition. */
    compose: async (...steps: readonly string[]): Promise<void> => {
      for (const text of steps) {
        const caret = { selectionStart: text.length, selectionEnd: text.length };
        await browser.send("Input.imeSetComposition", { text, ...caret });
      }
    },
    /** Ends the composition with a text. */
    commit: async (text: string): Promise<void> => {
      await browser.send("Input.insertText", { text });
    },
  };
}
