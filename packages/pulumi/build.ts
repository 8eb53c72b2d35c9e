import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packStage, run } from "../pack.ts";

const SOURCE = import.meta.dirname;

/** The package before it is packed. */
const STAGE = join(SOURCE, "dist", "package");

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
  // The sources are ES modules, but what is compiled is not.
  return packStage({ source: SOURCE, folder: STAGE, manifest: { type: "commonjs" } });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tarball = pack();
  run("publint", tarball, "--strict");
  run("attw", tarball);
  run("typedoc", "--options", join(SOURCE, "typedoc.json"));
  process.stdout.write(`${tarball}\n`);
}
