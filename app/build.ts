import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants, gzip } from "node:zlib";
import { build, stop } from "esbuild";
import { APP_NAMES, type AppName } from "./contract/catalogue.ts";

const inApp = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What an app's page takes from libraries as it is. */
const LIBRARY_FILES: Partial<Record<AppName, readonly string[]>> = {
  echo: [createRequire(import.meta.url).resolve("sockjs-client/dist/sockjs.min.js")],
};

/**
 * Makes `dist/`: a folder for each app's page, with its script, its style and what it takes from libraries; each file
 * also compressed, for servers to send it so. Beside them the schema of documents' text, for the server to check by.
 *
 * @param apps whose pages are built
 */
export async function buildPages(apps: readonly AppName[] = APP_NAMES): Promise<void> {
  const schemas = apps.includes("document") ? [writeTextSchema()] : [];
  await Promise.all([...apps.map(buildPage), ...schemas]);
  await stop();
}

async function writeTextSchema(): Promise<void> {
  // Only this needs the editor.
  const { textSchema } = await import("./document/page/textSchema.ts");
  await mkdir(inApp("dist"), { recursive: true });
  await replace("textSchema.json", Buffer.from(JSON.stringify(textSchema())));
}

async function buildPage(app: AppName): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [inApp(`${app}/page/page.ts`), inApp(`${app}/page/style.css`)],
    outdir: inApp(`dist/${app}`),
    write: false,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    define: { global: "window", "process.env.NODE_ENV": '"production"' },
  });
  const copied = [inApp(`${app}/page/index.html`), ...(LIBRARY_FILES[app] ?? [])];
  await mkdir(inApp(`dist/${app}`), { recursive: true });
  await Promise.all([
    ...outputFiles.map(({ path, contents }) => write(`${app}/${basename(path)}`, contents)),
    ...copied.map(async (path) => write(`${app}/${basename(path)}`, await readFile(path))),
  ]);
}

/** Writes a file in all its encodings, unless they exist, so browsers that have the file need not reload it. */
async function write(file: string, contents: Uint8Array): Promise<void> {
  if (await isThere(file, contents)) {
    return;
  }
  await replace(file, contents);
  // Browsers accept Brotli only over TLS.
  await replace(
    `${file}.gz`,
    await promisify(gzip)(contents, { level: constants.Z_BEST_COMPRESSION }),
  );
  await replace(`${file}.br`, await promisify(brotliCompress)(contents));
}

/** True if what `write` writes last has the contents. */
async function isThere(file: string, contents: Uint8Array): Promise<boolean> {
  try {
    const compressed = await readFile(inApp(`dist/${file}.br`));
    return (await promisify(brotliDecompress)(compressed)).equals(contents);
  } catch {
    return false;
  }
}

/** Replaces a file at once, so a running server sends the old or the new one, never a part. */
async function replace(file: string, contents: Uint8Array): Promise<void> {
  const temporary = inApp(`dist/${file}.${process.pid}`);
  await writeFile(temporary, contents);
  await rename(temporary, inApp(`dist/${file}`));
}

if (import.meta.main) {
  await buildPages();
}
