import type { AppServer } from "../server/appServer.ts";
import type { Database, Migrations } from "./database.ts";
import { UnavailableError } from "../http/problem.ts";

/**
 * Makes an app's tables once it listens, before it is ready.
 *
 * @returns throws an UnavailableError until they are there
 */
export function prepareTables<Tables>(
  app: AppServer,
  database: Database<Tables>,
  migrations: Migrations,
): () => void {
  let areThere = false;
  app.prepare = async () => {
    await database.migrate(migrations);
    areThere = true;
  };
  return () => {
    if (!areThere) {
      throw new UnavailableError("the tables are not there yet");
    }
  };
}
