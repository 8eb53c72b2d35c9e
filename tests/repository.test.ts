import { deepEqual, equal, ok } from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { pagesWithTables } from "../docs/tables.ts";

interface Lockfile {
  packages: Record<string, { version?: string; dev?: boolean; optional?: boolean }>;
}

interface Dependencies {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** The examples that run on Node.js. */
const EXAMPLES = globSync("examples/*/package.json").map(dirname);

/** Whether a version is at least that of a range `^1.2.3`, with the same major number. */
function isInRange(version: string, range: string): boolean {
  const [least, given] = [range.slice(1), version].map((each) => each.split(".").map(Number));
  const later = given?.findIndex((part, index) => part !== least?.[index]) ?? 0;
  return (
    range.startsWith("^") &&
    later !== 0 &&
    (later === -1 || (given?.[later] ?? 0) > (least?.[later] ?? 0))
  );
}

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

const read = (file: string): unknown => JSON.parse(text(file));

describe("repository", () => {
  for (const workspace of ["app", ...EXAMPLES]) {
    it(`installs in the image of ${workspace} the versions that it was tested with`, () => {
      const image = (read(`${workspace}/package-lock.json`) as Lockfile).packages;
      const tested = (read("package-lock.json") as Lockfile).packages;
      const packages = Object.keys(image).filter(
        (path) => path !== "" && image[path]?.dev !== true,
      );
      ok(packages.length > 0);
      const different = packages.filter((path) => {
        const inWorkspace = tested[`${workspace}/${path}`] ?? tested[path];
        return inWorkspace?.version !== image[path]?.version;
      });
      deepEqual(different, []);
    });
  }

  it("has one version of Pulumi for command line, tests and program", () => {
    const { devDependencies, dependencies } = read("package.json") as Record<
      string,
      Record<string, string>
    >;
    equal(devDependencies?.pulumi, dependencies?.["@pulumi/pulumi"]);
  });

  it("packs and runs the components with the versions that they were tested with", () => {
    const { dependencies: tested = {} } = read("package.json") as Dependencies;
    const { dependencies, peerDependencies } = read("packages/pulumi/package.json") as Dependencies;
    const programs = globSync("examples/programs/*/package.json").map((file) => {
      const { dependencies: installed } = read(file) as Dependencies;
      return Object.entries({ ...installed }).filter(([name]) => name.startsWith("@pulumi/"));
    });
    const pinned = [...Object.entries({ ...dependencies }), ...programs.flat()];
    ok(pinned.length > 8);
    deepEqual(
      pinned.filter(([name, version]) => tested[name] !== version),
      [],
    );
    const ranges = Object.entries({ ...peerDependencies });
    ok(ranges.length > 4);
    deepEqual(
      ranges.filter(([name, range]) => !isInRange(tested[name] ?? "", range)),
      [],
    );
  });

  it("documents every setting as Pulumi.yaml and the rules define it", async () => {
    for (const [path, page] of Object.entries(await pagesWithTables())) {
      equal(text(path), page, `${path} is out of date; run npm run docs`);
    }
  });
});
