import { buildPages } from "../../app/build.ts";
import { tellOfRuns } from "../drivers/localRun.ts";

/** Builds once for the whole run what servers of all tests serve, as in the image and in the local run. */
export const mochaGlobalSetup = buildPages;

export const mochaHooks: Mocha.RootHookObject = {
  afterEach(this: Mocha.Context) {
    tellOfRuns(this.currentTest?.state === "failed");
  },
};
