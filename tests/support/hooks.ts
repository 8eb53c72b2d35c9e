import { buildPages } from "../../app/build.ts";

/** Builds once for the whole run what servers of all tests serve, as in the image and in the local run. */
export const mochaGlobalSetup = buildPages;
