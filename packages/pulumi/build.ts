import { execFileSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = import.meta.dirname;
const ROOT = join(SOURCE, "..", "..");
const OUT = join(SOURCE, "dist");

/** The package before it is packed. */
const STAGE = join(OUT, "package");

interface Manifest {
  name: string;
  version: string;
}

/** Runs a command of the repository. */
function run(command: string, ...args: string[]): void {
  const options = { cwd: ROOT, stdio: "inherit" } as const;
  execFileSync(join(ROOT, "node_modules", ".bin", command), args, options);
}

/**
 * Compiles the components to CommonJS, which programs of both module systems can load, and packs them.
 *
 * @returns path of the tarball
 */
export function pack(): string {
  rmSync(STAGE, { recursive: true, force: true });
  run("tsc", "--project", join(SOURCE, "tsconfig.build.json"));
  // TypeScript rewrites only imports of JavaScript.
  for (const file of globSync(join(STAGE, "lib", "**", "*.d.ts"))) {
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replaceAll(/(from |import\()"(\.[^"]+)\.ts"/g, '$1"$2.js"'));
  }
  const manifest = JSON.parse(readFileSync(join(SOURCE, "package.json"), "utf8")) as Manifest;
  // The sources are ES modules, but what is compiled is not.
  const packed = JSON.stringify({ ...manifest, type: "commonjs" }, undefined, 2);
  writeFileSync(join(STAGE, "package.json"), `${packed}\n`);
  cpSync(join(SOURCE, "README.md"), join(STAGE, "README.md"));
  cpSync(join(ROOT, "LICENSE"), join(STAGE, "LICENSE"));
  execFileSync("npm", ["pack", STAGE, "--pack-destination", OUT, "--silent"], { cwd: ROOT });
  return join(OUT, `${manifest.name}-${manifest.version}.tgz`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tarball = pack();
  run("publint", tarball, "--strict");
  run("attw", tarball);
  run("typedoc", "--options", join(SOURCE, "typedoc.json"));
  process.stdout.write(`${tarball}\n`);
}
