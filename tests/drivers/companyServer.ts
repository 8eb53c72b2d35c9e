import { pino } from "pino";
import type { AppServer } from "../../app/common/server/appServer.ts";
import { Database, DATABASE_RULES } from "../../app/common/database/database.ts";
import { parseSettings } from "../../app/contract/settings.ts";
import { createCompanyServer } from "../../app/company/server.ts";
import { listen } from "./metrics.ts";
import { waitFor } from "./waitFor.ts";

const running = new Set<AppServer>();

export interface CompanyServer {
  server: AppServer;
  /** Origin, such as `http://127.0.0.1:1234`. */
  origin: string;
  /** Log lines so far. */
  log: string[];
}

/** What a test may choose. */
interface Choices {
  replica?: string;
  drainSeconds?: number;
  allowedOrigins?: readonly string[];
  behindTls?: boolean;
  /** @default so many that none is refused */
  maxCreationsPerSecond?: number;
}

/** Starts a company registry on a free port, ready or not. */
export async function startUnreadyServer(
  databaseUrl: string,
  { replica = "company-0", drainSeconds = 0, ...choices }: Choices = {},
): Promise<CompanyServer> {
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => log.push(line) });
  const settings = { DATABASE_URL: databaseUrl, DATABASE_TLS: "off" };
  const server = createCompanyServer({
    replica,
    drainSeconds,
    log: logger,
    maxCreationsPerSecond: 100_000,
    ...choices,
    database: new Database(parseSettings(DATABASE_RULES, settings), logger),
  });
  running.add(server);
  return { server, origin: await listen(server), log };
}

/** Starts a company registry on a free port, and waits until it is ready. */
export async function startCompanyServer(
  databaseUrl: string,
  choices: Choices = {},
): Promise<CompanyServer> {
  const started = await startUnreadyServer(databaseUrl, choices);
  await waitFor("the registry is ready", () => started.server.lifecycle.phase === "ready");
  return started;
}

/** Ends all servers that a test has started. */
export async function stopCompanyServers(): Promise<void> {
  await Promise.all(
    [...running].map((server) => {
      // What the tests' own clients keep open is not waited for.
      server.http.closeIdleConnections();
      return server.drain();
    }),
  );
  running.clear();
}

/** An answer, read. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Sends a request and reads the answer, which is JSON. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Asks to create a company. */
export function create(
  origin: string,
  company: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return ask(`${origin}/companies`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(company),
  });
}
