import chromium from "@sparticuz/chromium";
import {
  chromium as playwright,
  type Browser,
  type BrowserContextOptions,
  type Page,
} from "playwright-core";

/**
 * Starts the Chromium that comes as an npm package. Not with the package's own arguments: they are
 * made for functions that open one page, in one process and without web security.
 */
export async function startBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

/** Opens a page; keeps what it logs as an error or throws, and the origins that it asks. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => faults.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") {
      faults.push(message.text());
    }
  });
  const origins = new Set<string>();
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:") {
      origins.add(origin);
    }
  });
  await page.goto(url);
  return { page, faults, origins };
}

/** Waits until an element of the page has a text. */
export async function hasText(page: Page, selector: string, text: RegExp | string): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).waitFor();
}
