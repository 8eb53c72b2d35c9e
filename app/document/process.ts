import { CREATION_RULES } from "../common/http/creationRate.ts";
import { Database, DATABASE_RULES } from "../common/database/database.ts";
import { readEnvironment } from "../common/server/environment.ts";
import { createProcess, type AppProcess } from "../common/server/appProcess.ts";
import { wholeNumberFrom } from "../contract/settings.ts";
import { createDocumentServer } from "./server/documentServer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const RULES = {
  ...DATABASE_RULES,
  ...CREATION_RULES,
  MAX_DOCUMENT_BYTES: wholeNumberFrom(KIB, 64 * MIB, 2 * MIB).default(2 * MIB),
  MAX_UPDATES_PER_SECOND: wholeNumberFrom(1, 10_000, 100).default(100),
  MAX_SAVE_SECONDS: wholeNumberFrom(1, 20, 10).default(10),
  MAX_CONNECTIONS_PER_DOCUMENT: wholeNumberFrom(1, 10_000, 50).default(50),
  MAX_CONNECTIONS: wholeNumberFrom(1, 100_000, 800).default(800),
};

/**
 * Creates the document collaborator of a process from its environment.
 *
 * @throws SettingsError naming every wrong setting
 */
export function createDocumentProcess(environment: NodeJS.ProcessEnv, logFd: 1 | 2): AppProcess {
  const env = readEnvironment(RULES, environment);
  return createProcess(env, logFd, (options) =>
    createDocumentServer({
      ...options,
      database: new Database(env, options.log),
      maxCreationsPerSecond: env.MAX_CREATIONS_PER_SECOND,
      maxDocumentBytes: env.MAX_DOCUMENT_BYTES,
      maxUpdatesPerSecond: env.MAX_UPDATES_PER_SECOND,
      maxSaveSeconds: env.MAX_SAVE_SECONDS,
      maxConnectionsPerDocument: env.MAX_CONNECTIONS_PER_DOCUMENT,
      maxConnections: env.MAX_CONNECTIONS,
    }),
  );
}
