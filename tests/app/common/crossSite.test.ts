import { deepEqual, equal } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { startBrowser } from "../../drivers/browser.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { startCompanyServer, stopCompanyServers } from "../../drivers/companyServer.ts";
import { usePostgres } from "../../drivers/postgres.ts";

describe("a page of another site", () => {
  const postgres = usePostgres();
  const servers = new Set<Server>();
  const folder = mkdtempSync(join(tmpdir(), "cross-site-"));
  let browser: Browser;

  before(async () => (browser = await startBrowser()));
  after(() => browser.close());
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    servers.forEach((server) => server.close());
    servers.forEach((server) => server.closeAllConnections());
    servers.clear();
    await stopCompanyServers();
  });

  /** Listens with TLS; the port. */
  const listen = async (server: Server): Promise<number> => {
    servers.add(server);
    await new Promise<void>((resolve) => server.listen(0, resolve));
    return (server.address() as AddressInfo).port;
  };

  /** As an Application Load Balancer, which lets its cookie come from other sites where a request has an origin. */
  const balancer = (certificate: object, origins: readonly string[]): Server => {
    let turn = 0;
    return createServer(certificate, (incoming, response) => {
      const { cookie = "", origin } = incoming.headers;
      const target = cookie.includes("com-sticky=") && /AWSALBAPP-0=(\d)/.exec(cookie)?.[1];
      const index = target ? Number(target) : turn++ % origins.length;
      const headers = { ...incoming.headers, "x-forwarded-proto": "https" };
      const { method = "", url = "" } = incoming;
      const outgoing = request((origins[index] ?? "") + url, { method, headers }, (answer) => {
        const own = `AWSALBAPP-0=${index}; Path=/${origin === undefined ? "" : "; SameSite=None; Secure"}`;
        const cookies = [...(answer.headers["set-cookie"] ?? []), own];
        response.writeHead(answer.statusCode ?? 502, { ...answer.headers, "set-cookie": cookies });
        answer.pipe(response);
      });
      incoming.pipe(outgoing);
    });
  };

  it("stays on its replica by cookie over TLS if it is allowed, and otherwise cannot create anything", async () => {
    const certificate = makeCertificate(folder);
    const blank = (): Server =>
      createServer(certificate, (_request, response) => {
        response.setHeader("Content-Type", "text/html");
        response.end('<!doctype html><link rel="icon" href="data:">');
      });
    // Another site, not only another origin: localhost and 127.0.0.1.
    const allowed = `https://localhost:${await listen(blank())}`;
    const foreign = `https://localhost:${await listen(blank())}`;
    const database = await postgres.newDatabase();
    const replicas = await Promise.all(
      ["company-0", "company-1"].map((replica) =>
        startCompanyServer(database, { replica, allowedOrigins: [allowed] }),
      ),
    );
    const front = balancer(
      certificate,
      replicas.map(({ origin }) => origin),
    );
    const url = `https://127.0.0.1:${await listen(front)}/companies`;
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(allowed);
    const met = await page.evaluate(askTenTimes, url);
    equal(met.length, 10);
    equal(new Set(met).size, 1);
    equal(await page.evaluate(create, url), 201);
    await page.goto(foreign);
    equal(await page.evaluate(create, url), "refused");
    const { companies } = (await (await fetch(`${replicas[0]?.origin}/companies`)).json()) as {
      companies: { businessNumber: string }[];
    };
    deepEqual(
      companies.map(({ businessNumber }) => businessNumber),
      ["HRB1"],
    );
  });
});

/** In a page: which replicas answer it. */
async function askTenTimes(url: string): Promise<(string | null)[]> {
  const met: (string | null)[] = [];
  while (met.length < 10) {
    const { headers } = await fetch(url, { credentials: "include" });
    met.push(headers.get("X-Replica"));
  }
  return met;
}

/** In a page: creates a company, another one each time. */
async function create(url: string): Promise<number | "refused"> {
  const { companies } = (await fetch(url)
    .then((answer) => answer.json())
    .catch(() => ({ companies: ["?"] }))) as { companies: unknown[] };
  const body = JSON.stringify({ legalName: "A", businessNumber: `HRB ${1 + companies.length}` });
  const headers = { "Content-Type": "application/json" };
  return fetch(url, { method: "POST", credentials: "include", headers, body }).then(
    ({ status }) => status,
    () => "refused",
  );
}
