import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pack } from "../../packages/pulumi/build.ts";

/** In the repository, so the package finds its peers there. Git and the linters ignore it. */
const FOLDER = resolve("packages/pulumi/dist/test");

/** Where npm would install the package. */
export const INSTALLED = join(FOLDER, "node_modules/sockjs-sticky-pulumi");

/** Loads modules as a program in the folder does. */
export const requireInstalled = createRequire(join(FOLDER, "program.js"));

const PROGRAMS = "examples/programs";

export const PROGRAM_NAMES = globSync(`${PROGRAMS}/*/package.json`).map((file) =>
  basename(file.replace("/package.json", "")),
);

/** The programs in the package's README. */
export const README_PROGRAMS = [
  ...readFileSync("packages/pulumi/README.md", "utf8").matchAll(/^```ts\n([^]*?)^```$/gm),
].map(([, program = ""]) => program);

/** Packs the package and unpacks it as npm does, beside the programs that use it. */
export function unpack(): void {
  const tarball = pack();
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(INSTALLED, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", INSTALLED, "--strip-components=1"]);
  cpSync(PROGRAMS, FOLDER, {
    recursive: true,
    filter: (file) => basename(file) !== "node_modules",
  });
  writeFileSync(join(FOLDER, "package.json"), "{}");
  README_PROGRAMS.forEach((program, index) => {
    writeFileSync(join(FOLDER, `readme${index}.ts`), program);
  });
  const compilerOptions = {
    ...{ target: "ES2022", module: "NodeNext", strict: true, skipLibCheck: true, types: [] },
    outDir: "out",
  };
  const files = [
    ...PROGRAM_NAMES.map((name) => `${name}/index.ts`),
    ...README_PROGRAMS.map((_, index) => `readme${index}.ts`),
  ];
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
}

/** Type-checks all programs and compiles those of the README to CommonJS; the others are ES modules. Returns the errors. */
export function typeErrors(): string {
  try {
    return execFileSync("node_modules/.bin/tsc", ["--project", FOLDER], { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** Evaluates an example's program, which is an ES module that Node.js runs as it is. */
export async function runExample(name: string): Promise<Record<string, unknown>> {
  return (await import(join(FOLDER, name, "index.ts"))) as Record<string, unknown>;
}

/** Evaluates a program of the README, compiled to CommonJS. */
export function runReadme(index: number): unknown {
  return requireInstalled(`./out/readme${index}.js`);
}
