import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type Postgres } from "../../local/postgres.ts";

/** More than the servers of a test have together. */
const MAX_CONNECTIONS = 30;

/**
 * A PostgreSQL for each test of a `describe`, which ends and comes back at the same port with the same data.
 *
 * @returns starts it, for the first time or again
 */
export function useRestartablePostgres(): () => Promise<Postgres> {
  let folder = "";
  let port = 0;
  let postgres: Postgres | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "restartable-postgres-"));
    port = await freePort();
  });
  afterEach(async () => {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return async () => (postgres = await startPostgres({ folder, port }, MAX_CONNECTIONS));
}

/** Ends it without a word. */
export function killPostgres({ pid, ended }: Postgres): Promise<unknown> {
  process.kill(pid, "SIGKILL");
  return ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
