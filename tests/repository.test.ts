import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";

interface Lockfile {
  packages: Record<string, { version?: string; dev?: boolean; optional?: boolean }>;
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));

describe("repository", () => {
  it("runs the versions in the image that it was tested with", () => {
    const image = (read("app/package-lock.json") as Lockfile).packages;
    const tested = (read("package-lock.json") as Lockfile).packages;
    const packages = Object.keys(image).filter((path) => path !== "" && image[path]?.dev !== true);
    ok(packages.length > 50);
    const different = packages.filter((path) => {
      const inWorkspace = tested[`app/${path}`] ?? tested[path];
      return inWorkspace?.version !== image[path]?.version;
    });
    deepEqual(different, []);
  });
});
