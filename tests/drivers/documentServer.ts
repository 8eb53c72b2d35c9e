import { pino } from "pino";
import type { AppServer } from "../../app/common/server/appServer.ts";
import { Database, DATABASE_RULES } from "../../app/common/database/database.ts";
import { parseSettings } from "../../app/contract/settings.ts";
import type { DocumentLimits } from "../../app/document/limits.ts";
import { createDocumentServer } from "../../app/document/server/documentServer.ts";
import { ask } from "./companyServer.ts";
import { listen } from "./metrics.ts";
import { queryRows } from "./postgres.ts";
import { waitFor } from "./waitFor.ts";

const running = new Set<AppServer>();

export interface DocumentServer {
  server: AppServer;
  /** Origin, such as `http://127.0.0.1:1234`. */
  origin: string;
  /** Log lines so far. */
  log: string[];
}

/** Limits unless a test chooses others. */
export const LIMITS: DocumentLimits = {
  maxDocumentBytes: 2 * 1024 * 1024,
  maxUpdatesPerSecond: 1000,
  maxSaveSeconds: 10,
  maxConnectionsPerDocument: 50,
  maxConnections: 1000,
};

/** What a test may choose. */
interface Choices extends Partial<DocumentLimits> {
  replica?: string;
  drainSeconds?: number;
  allowedOrigins?: readonly string[];
  /** @default so many that none is refused */
  maxCreationsPerSecond?: number;
}

/** Starts a document collaborator on a free port, ready or not. */
export async function startUnreadyDocumentServer(
  databaseUrl: string,
  choices: Choices = {},
): Promise<DocumentServer> {
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => log.push(line) });
  const settings = { DATABASE_URL: databaseUrl, DATABASE_TLS: "off" };
  const server = createDocumentServer({
    replica: "document-0",
    drainSeconds: 0,
    log: logger,
    database: new Database(parseSettings(DATABASE_RULES, settings), logger),
    maxCreationsPerSecond: 100_000,
    ...LIMITS,
    ...choices,
  });
  running.add(server);
  return { server, origin: await listen(server), log };
}

/** Starts a document collaborator on a free port, and waits until it is ready. */
export async function startDocumentServer(
  databaseUrl: string,
  choices: Choices = {},
): Promise<DocumentServer> {
  const started = await startUnreadyDocumentServer(databaseUrl, choices);
  const { lifecycle } = started.server;
  await waitFor("the collaborator is ready", () => lifecycle.phase === "ready");
  return started;
}

/** Starts several over one database. */
export function startReplicas(
  count: number,
  databaseUrl: string,
  choices: Choices = {},
): Promise<DocumentServer[]> {
  const names = Array.from({ length: count }, (_, index) => `document-${index}`);
  return Promise.all(
    names.map((replica) => startDocumentServer(databaseUrl, { replica, ...choices })),
  );
}

/** Ends all servers that a test has started. */
export async function stopDocumentServers(): Promise<void> {
  await Promise.all(
    [...running].map((server) => {
      // What the tests' own clients keep open is not waited for.
      server.http.closeIdleConnections();
      return server.drain();
    }),
  );
  running.clear();
}

/** Makes a document; its id. */
export async function newDocument(origin: string, title = ""): Promise<string> {
  const { body } = await ask(`${origin}/documents`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ title }),
  });
  return (body as { id: string }).id;
}

/** Saves an update that no server has looked at, as if an older replica had done it. */
export async function saveUnchecked(
  databaseUrl: string,
  id: string,
  update: Uint8Array,
): Promise<void> {
  await queryRows(
    databaseUrl,
    `with counted as (
      update document set last_update = last_update + 1 where id = $1::uuid returning last_update
    ), saved as (
      insert into document_update select $1::uuid, last_update, $2, $1::uuid from counted
    )
    select pg_notify('document_update', concat_ws(' ', $1::uuid, $1::uuid, last_update)) from counted`,
    [id, Buffer.from(update)],
  );
}
