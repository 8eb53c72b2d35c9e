import { CREATION_RULES } from "../common/http/creationRate.ts";
import { readEnvironment } from "../common/server/environment.ts";
import { createProcess, type AppProcess } from "../common/server/appProcess.ts";
import { Database, DATABASE_RULES } from "../common/database/database.ts";
import { createCompanyServer } from "./server.ts";

/**
 * Creates the company registry of a process from its environment variables.
 *
 * @throws SettingsError naming every wrong setting
 */
export function createCompanyProcess(environment: NodeJS.ProcessEnv, logFd: 1 | 2): AppProcess {
  const env = readEnvironment({ ...DATABASE_RULES, ...CREATION_RULES }, environment);
  return createProcess(env, logFd, (options) =>
    createCompanyServer({
      ...options,
      database: new Database(env, options.log),
      maxCreationsPerSecond: env.MAX_CREATIONS_PER_SECOND,
    }),
  );
}
