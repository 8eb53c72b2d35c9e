import { mkdir, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { inDist } from "./common/server/dist.ts";
import { licencesOf } from "./licences.ts";

const APP = import.meta.dirname;
const SERVER = inDist("server");

/** Lets CommonJS modules in the bundle load Node.js's own ones. */
const REQUIRE = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);`;

/**
 * Loads Node.js's modules by `require`. An import evaluates all getters of a module, of which those of `node:http` load a
 * client that nobody uses: 3 MiB, and a tenth of the time of a start.
 */
const REQUIRED_BUILTINS: Plugin = {
  name: "required-builtins",
  setup(bundle) {
    bundle.onResolve({ filter: /^/ }, ({ path, kind }) =>
      kind === "import-statement" && isBuiltin(path) ? { path, namespace: "builtin" } : undefined,
    );
    bundle.onLoad({ filter: /^/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * Makes `dist/server/`: `main.mjs` and `worker.mjs`, with all libraries that they use and without types. Each app has
 * files of its own, which are only loaded if `APP` names it.
 */
export async function bundleServer(): Promise<void> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: APP,
    entryPoints: { main: "main.ts", worker: "document/worker/worker.ts" },
    outdir: SERVER,
    outExtension: { ".js": ".mjs" },
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: `node${process.versions.node}`,
    banner: { js: REQUIRE },
    plugins: [REQUIRED_BUILTINS],
    // Names and short lines stay, so a stack trace can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 120,
    legalComments: "none",
    metafile: true,
  });
  await rm(SERVER, { recursive: true, force: true });
  await mkdir(SERVER, { recursive: true });
  await Promise.all(outputFiles.map(({ path, contents }) => writeFile(path, contents)));
  await writeFile(join(SERVER, "THIRD-PARTY-LICENSES.txt"), licencesOf(metafile, APP));
}

if (import.meta.main) {
  await bundleServer();
}
