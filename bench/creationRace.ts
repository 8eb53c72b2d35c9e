import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalRun } from "../tests/drivers/localRun.ts";
import { visitHttp } from "../verify/http/httpVisit.ts";
import { HttpClient } from "../verify/visits/client.ts";
import { countedIn } from "./contenders.ts";

const ask = visitHttp({ from: "none", what: "" });

/** Maximum number of attempts until a response shows the outcome. */
const ATTEMPTS = 40;

/** Milliseconds between two attempts without a Retry-After. */
const RETRY_MS = 250;

/** One client's attempt to create a company. */
export interface Creation {
  businessNumber: string;
  /** 201, or 409 if another client was faster; 0 without a response. */
  status: number;
  /** Milliseconds until the response, with all attempts. */
  ms: number;
  /** The replica that answered. */
  replica: string;
}

/** Browsers that have loaded the page and its cookie, each from an address of its own. */
export async function openBrowsers(origin: string, count: number): Promise<HttpClient[]> {
  const browsers = Array.from(
    { length: count },
    (_, index) => new HttpClient({ source: `127.0.2.${index + 1}`, keepsCookies: true }),
  );
  const page = { name: "GET /", method: "GET" as const, url: `${origin}/`, headers: {} };
  await Promise.all(browsers.map((browser) => ask(browser, page)));
  return browsers;
}

/** Number of inserts at all replicas that violated the constraint. */
export function violationsOf(run: LocalRun): Promise<number> {
  return countedIn(run, "companies_constraint_violations_total");
}

/** Creates the same company from each client at the same time. */
export function raceFor(
  origin: string,
  businessNumber: string,
  clients: readonly HttpClient[],
): Promise<Creation[]> {
  return Promise.all(clients.map((client) => create(origin, businessNumber, client)));
}

/** Repeats unanswered requests with the same idempotency key, so the company is created once. */
async function create(
  origin: string,
  businessNumber: string,
  client: HttpClient,
): Promise<Creation> {
  const began = performance.now();
  const request = {
    name: `POST /companies about ${businessNumber}`,
    method: "POST" as const,
    url: `${origin}/companies`,
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify({ legalName: `Company ${businessNumber}`, businessNumber }),
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await ask(client, request).catch(() => undefined);
    if (answer?.status === 201 || answer?.status === 409) {
      const { replica, status } = answer;
      return { businessNumber, status, replica, ms: performance.now() - began };
    }
    await sleep(Math.min(answer?.retryAfterMs ?? RETRY_MS, 1000));
  }
  return { businessNumber, status: 0, replica: "", ms: performance.now() - began };
}
