import type { Browser, Page } from "playwright-core";
import { openPage, startBrowser } from "../tests/drivers/browser.ts";
import { TEXT } from "../tests/drivers/documentPage.ts";
import { DocumentVisitor } from "../tests/drivers/documentVisitor.ts";
import { rotated, type Affinity, type Contender } from "./contenders.ts";

/** Maximum number of windows to open until one is on another replica than the first. */
const WINDOWS = 20;

/** Milliseconds until a key must be in the other window, or counts as lost. */
const LOST_MS = 20_000;

/** The letter that is typed; no person's name contains it. */
const LETTER = "#";

/** The results of two windows with one affinity. */
export interface WindowOutcome {
  affinity: Affinity;
  /** Replicas of the window in which keys are pressed, and of the one that shows them. */
  replicas: [string, string];
  /** Milliseconds from each key until the other window showed it. */
  latencies: readonly number[];
}

/** Presses keys in one window and watches another one, with each affinity in turn. */
export async function typeInWindows(
  contenders: readonly Contender[],
  { keys, warmUp }: { keys: number; warmUp: number },
): Promise<WindowOutcome[]> {
  const browser = await startBrowser();
  try {
    const pairs = await Promise.all(
      contenders.map((contender) => WindowPair.open(browser, contender)),
    );
    for (let key = 0; key < warmUp + keys; key++) {
      for (const pair of rotated(pairs, key)) {
        await pair.press();
      }
    }
    return pairs.map(({ affinity, replicas, latencies }) => ({
      affinity,
      replicas,
      latencies: latencies.slice(warmUp),
    }));
  } finally {
    await browser.close();
  }
}

/** Two windows with one document; on two replicas, unless affinity is by key. */
class WindowPair {
  readonly affinity: Affinity;
  readonly replicas: [string, string];
  readonly latencies: number[] = [];
  readonly #writer: Page;
  readonly #reader: Page;

  private constructor(affinity: Affinity, replicas: [string, string], pages: [Page, Page]) {
    this.affinity = affinity;
    this.replicas = replicas;
    [this.#writer, this.#reader] = pages;
  }

  static async open(browser: Browser, { affinity, run }: Contender): Promise<WindowPair> {
    const { origin } = run;
    const id = await new DocumentVisitor(origin, "127.0.0.1").create();
    const join = () => openWindow(browser, `${origin}/documents/${id}`);
    const writer = await join();
    let reader = await join();
    for (let each = 2; each < WINDOWS && isWrong(affinity, writer, reader); each++) {
      await reader.page.context().close();
      reader = await join();
    }
    await writer.page.focus(TEXT);
    return new WindowPair(affinity, [writer.replica, reader.replica], [writer.page, reader.page]);
  }

  /** Presses a key, and waits until the other window shows it. */
  async press(): Promise<void> {
    const count = this.latencies.length + 1;
    const expected = { selector: TEXT, letter: LETTER, count, lostMs: LOST_MS };
    const reader = await this.#reader.evaluateHandle(watch, expected);
    const writer = await this.#writer.evaluateHandle(listen);
    await this.#writer.keyboard.press(LETTER);
    const [pressed, shown] = await Promise.all([
      writer.evaluate(({ pressed }) => pressed),
      reader.evaluate(({ shown }) => shown),
    ]);
    this.latencies.push(shown - pressed);
  }
}

function isWrong(affinity: Affinity, one: { replica: string }, other: { replica: string }) {
  return affinity !== "key" && one.replica === other.replica;
}

async function openWindow(browser: Browser, url: string): Promise<{ page: Page; replica: string }> {
  const { page } = await openPage(browser, url);
  await page.locator(TEXT).waitFor();
  const badge = page.locator("#replica", { hasText: /./ });
  return { page, replica: (await badge.textContent()) ?? "" };
}

/** Runs in a page: the time of the next key, by the clock that all windows share. */
function listen(): { pressed: Promise<number> } {
  const pressed = new Promise<number>((resolve) => {
    const onKey = ({ timeStamp }: KeyboardEvent): void =>
      resolve(performance.timeOrigin + timeStamp);
    addEventListener("keydown", onKey, { capture: true, once: true });
  });
  return { pressed };
}

/** Runs in a page: the time when the text has `count` of a letter, by the clock that all windows share. Carets of others may be between letters. */
function watch(expected: { selector: string; letter: string; count: number; lostMs: number }): {
  shown: Promise<number>;
} {
  const { selector, letter, count, lostMs } = expected;
  const shown = new Promise<number>((resolve, reject) => {
    const element = document.querySelector(selector);
    const observer = new MutationObserver(() => {
      if ((element?.textContent.split(letter).length ?? 0) > count) {
        observer.disconnect();
        resolve(performance.timeOrigin + performance.now());
      }
    });
    setTimeout(() => reject(new Error(`key ${count} was not shown`)), lostMs);
    if (element !== null) {
      observer.observe(element, { subtree: true, childList: true, characterData: true });
    }
  });
  return { shown };
}
