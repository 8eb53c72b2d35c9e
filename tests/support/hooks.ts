import { buildPages } from "../../app/build.ts";

/** The servers of all tests serve the page, as in the image and in the local run. */
export const mochaHooks = {
  beforeAll: buildPages,
};
