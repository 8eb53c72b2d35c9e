import { enableCompileCache } from "node:module";
import { buildPages } from "../../app/build.ts";
import { COMPILE_CACHE } from "../../local/environment.ts";
import { printFailedRuns } from "../drivers/localRun.ts";
import { startPostgresOfRun, stopPostgresOfRun } from "../drivers/postgres.ts";

// Halves the time that the many processes of the tests take to start.
if (COMPILE_CACHE !== undefined) {
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
