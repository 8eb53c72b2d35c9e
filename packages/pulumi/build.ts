import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = import.meta.dirname;
const ROOT = join(SOURCE, "..", "..");
const OUT = join(SOURCE, "dist");

/** The package as it is packed. */
const STAGE = join(OUT, "package");

function run(command: string, ...args: string[]): string {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  return execFileSync(command, args, { cwd: ROOT, encoding: "utf8", stdio: [...stdio] });
}

/** Compiles the components to CommonJS, which programs of both module systems can load. */
export function compile(): void {
  rmSync(STAGE, { recursive: true, force: true });
  run("node_modules/.bin/tsc", "--project", SOURCE);
  // TypeScript rewrites only imports of JavaScript.
  for (const file of globSync(join(STAGE, "lib", "**", "*.d.ts"))) {
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replaceAll(/(from |import\()"(\.[^"]+)\.ts"/g, '$1"$2.js"'));
  }
  const manifest = JSON.parse(readFileSync(join(SOURCE, "package.json"), "utf8")) as object;
  // The sources are ES modules, what is compiled is not.
  const packed = JSON.stringify({ ...manifest, type: "commonjs" }, undefined, 2);
  writeFileSync(join(STAGE, "package.json"), `${packed}\n`);
  cpSync(join(SOURCE, "README.md"), join(STAGE, "README.md"));
  cpSync(join(ROOT, "LICENSE"), join(STAGE, "LICENSE"));
}

/** Packs what is compiled. */
export function pack(): string {
  mkdirSync(OUT, { recursive: true });
  const [tarball = ""] = run("npm", "pack", STAGE, "--pack-destination", OUT, "--silent").split(
    "\n",
  );
  return join(OUT, tarball);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  compile();
  const tarball = pack();
  run("node_modules/.bin/publint", tarball, "--strict");
  run("node_modules/.bin/attw", tarball);
  run("node_modules/.bin/typedoc", "--options", join(SOURCE, "typedoc.json"));
  process.stdout.write(`${tarball}\n`);
}
