import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const inApp = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Makes `dist/`: the page with its script, and the app's own copy of the SockJS client. */
export async function buildPage(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [inApp("client/page/page.ts"), inApp("client/page/style.css")],
    outdir: inApp("dist"),
    write: false,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    define: { global: "window", "process.env.NODE_ENV": '"production"' },
  });
  await stop();
  const copied = [
    createRequire(import.meta.url).resolve("sockjs-client/dist/sockjs.min.js"),
    inApp("client/page/index.html"),
  ];
  await mkdir(inApp("dist"), { recursive: true });
  await Promise.all([
    ...outputFiles.map(({ path, contents }) => replace(basename(path), contents)),
    ...copied.map(async (path) => replace(basename(path), await readFile(path))),
  ]);
}

/** A server that serves the file meanwhile has the old one or the new one, never a part. */
async function replace(file: string, contents: Uint8Array): Promise<void> {
  const temporary = inApp(`dist/.${file}.${process.pid}`);
  await writeFile(temporary, contents);
  await rename(temporary, inApp(`dist/${file}`));
}

if (import.meta.main) {
  await buildPage();
}
