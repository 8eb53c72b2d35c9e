import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openPage, startBrowser } from "../../drivers/browser.ts";
import { create, startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import { queryRows, startRelay, usePostgres, type Relay } from "../../drivers/postgres.ts";

/** A row of a company in PostgreSQL. */
interface Row {
  legal_name: string;
  business_number: string;
  created_at: Date;
}

/** Opens pages of company registries, each with its own PostgreSQL database, for the tests of a `describe`. */
export function useCompanyPages() {
  const postgres = usePostgres();
  const relays = new Set<Relay>();
  let browser: Browser;

  before(async () => (browser = await startBrowser()));
  after(() => browser.close());
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  afterEach(stopCompanyServers);
  afterEach(async () => {
    await Promise.all([...relays].map((relay) => relay.close()));
    relays.clear();
  });

  /** Opens the page of a registry that has companies with these numbers. */
  return async (has: readonly string[] = [], path = "", options: BrowserContextOptions = {}) => {
    const url = await postgres.newDatabase();
    const relay = await startRelay(url);
    relays.add(relay);
    const { origin } = await startCompanyServer(relay.url, { replica: "company-00002" });
    for (const businessNumber of has) {
      await create(origin, { legalName: `Company ${businessNumber}`, businessNumber });
    }
    const rows = (): Promise<Row[]> =>
      queryRows(url, "select * from company order by business_number");
    return { origin, relay, rows, ...(await openPage(browser, origin + path, options)) };
  };
}

/** Types a company into the form. */
export async function fill(page: Page, legalName: string, businessNumber: string): Promise<void> {
  await page.fill("#legal-name", legalName);
  await page.fill("#business-number", businessNumber);
}
