import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import type { AppName } from "./common/apps.ts";

const inApp = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What an app's page takes from libraries as it is. */
const LIBRARY_FILES: Partial<Record<AppName, readonly string[]>> = {
  echo: [createRequire(import.meta.url).resolve("sockjs-client/dist/sockjs.min.js")],
};

/** Makes `dist/`: a folder for each app's page, with its script, its style and what it takes from libraries. */
export async function buildPages(): Promise<void> {
  await Promise.all([buildPage("echo"), buildPage("company"), buildPage("document")]);
  await stop();
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
    ...outputFiles.map(({ path, contents }) => replace(`${app}/${basename(path)}`, contents)),
    ...copied.map(async (path) => replace(`${app}/${basename(path)}`, await readFile(path))),
  ]);
}

/** A server that serves the file meanwhile has the old one or the new one, never a part. */
async function replace(file: string, contents: Uint8Array): Promise<void> {
  const temporary = inApp(`dist/${file}.${process.pid}`);
  await writeFile(temporary, contents);
  await rename(temporary, inApp(`dist/${file}`));
}

if (import.meta.main) {
  await buildPages();
}
