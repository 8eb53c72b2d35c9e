import { buildPages } from "../../app/build.ts";
import { tellOfRuns } from "../drivers/localRun.ts";
import { startPostgresOfRun, stopPostgresOfRun } from "../drivers/postgres.ts";

/** Makes once for the whole run what all tests use: the pages, as in the image and in the local run, and a PostgreSQL. */
export async function mochaGlobalSetup(): Promise<void> {
  await Promise.all([buildPages(), startPostgresOfRun()]);
}

export const mochaGlobalTeardown = stopPostgresOfRun;

export const mochaHooks: Mocha.RootHookObject = {
  afterEach(this: Mocha.Context) {
    tellOfRuns(this.currentTest?.state === "failed");
  },
};
