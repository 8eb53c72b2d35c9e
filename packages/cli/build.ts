import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { packStage, run } from "../pack.ts";
import { licencesOf } from "../../app/licences.ts";
import manifest from "./package.json" with { type: "json" };

const SOURCE = import.meta.dirname;
const ROOT = join(SOURCE, "..", "..");

/** The package before it is packed. */
const STAGE = join(SOURCE, "dist", "package");

/** Lets CommonJS modules in the bundle load Node.js's own ones. */
const REQUIRE = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

/**
 * Bundles the command with all that it imports, and packs it.
 *
 * @returns path of the tarball
 */
export async function pack(): Promise<string> {
  rmSync(STAGE, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(SOURCE, "main.ts")],
    outdir: join(STAGE, "lib"),
    bundle: true,
    // The verifier stays a file of its own, which an older Node.js cannot load.
    splitting: true,
    format: "esm",
    platform: "node",
    target: manifest.engines.node.replace(">=", "node"),
    banner: { js: REQUIRE },
    // Names stay, so a stack trace can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    metafile: true,
  });
  writeFileSync(join(STAGE, "THIRD-PARTY-LICENSES.txt"), licencesOf(metafile, ROOT));
  cpSync(join(ROOT, "verify", "report.schema.json"), join(STAGE, "report.schema.json"));
  return packStage({ source: SOURCE, folder: STAGE });
}

if (import.meta.main) {
  const tarball = await pack();
  run("publint", tarball, "--strict");
  process.stdout.write(`${tarball}\n`);
}
