import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { buildPages } from "../../app/build.ts";
import { printFailedRuns } from "../drivers/localRun.ts";
import { startPostgresOfRun, stopPostgresOfRun } from "../drivers/postgres.ts";

const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/node", import.meta.url));

// Halves the time that the many processes of the tests take to start. It would make a coverage less exact.
if (process.env.NODE_V8_COVERAGE === undefined) {
  process.env.NODE_COMPILE_CACHE ??= COMPILE_CACHE;
  enableCompileCache();
}

/** Makes once for the whole run what all tests use: the pages, as in the image and in the local run, and a PostgreSQL. */
export async function mochaGlobalSetup(): Promise<void> {
  await Promise.all([buildPages(), startPostgresOfRun()]);
}

export const mochaGlobalTeardown = stopPostgresOfRun;

export const mochaHooks: Mocha.RootHookObject = {
  afterEach(this: Mocha.Context) {
    printFailedRuns(this.currentTest?.state === "failed");
  },
};
