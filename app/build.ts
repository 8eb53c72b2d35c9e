import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const inApp = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Makes `dist/`: the page with its script, and the app's own copy of the SockJS client. */
export async function buildPage(): Promise<void> {
  await mkdir(inApp("dist"), { recursive: true });
  await build({
    entryPoints: [inApp("client/page/page.ts")],
    outfile: inApp("dist/page.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    define: { global: "window", "process.env.NODE_ENV": '"production"' },
  });
  await stop();
  const sockjs = createRequire(import.meta.url).resolve("sockjs-client/dist/sockjs.min.js");
  await copyFile(sockjs, inApp("dist/sockjs.min.js"));
  for (const file of ["index.html", "style.css"]) {
    await copyFile(inApp(`client/page/${file}`), inApp(`dist/${file}`));
  }
}

if (import.meta.main) {
  await buildPage();
}
