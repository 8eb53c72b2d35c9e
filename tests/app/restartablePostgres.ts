import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type Postgres } from "../../local/postgres/postgres.ts";
import { freePorts } from "../support/ports.ts";

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
    port = await freePorts(1);
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
