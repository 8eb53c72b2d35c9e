import { Client } from "pg";

/** Milliseconds until PostgreSQL must accept the connection, and respond to a query. */
const ANSWER_MS = 10_000;

/**
 * Runs statements that contain passwords, and which therefore are in no log, not even those that fail.
 *
 * @throws Error of PostgreSQL or of the connection
 */
export async function asSuperuser(
  url: string,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  // Without a listener, a PostgreSQL that exits would crash this process; the query is rejected in any case.
  client.on("error", () => undefined);
  await client.connect();
  try {
    // PostgreSQL would log a failed statement.
    await client.query("set log_min_error_statement = panic");
    await work(client);
  } finally {
    await client.end();
  }
}
