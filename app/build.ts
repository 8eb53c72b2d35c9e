import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const inApp = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Makes `dist/`: the page with its script, and the app's own copy of the SockJS client. */
export async function buildPage(): Promise<void> {
  await mkdir(inApp("dist"), { recursive: true });
  await build({
    entryPoints: [inApp("client/page/page.ts"), inApp("client/page/style.css")],
    outdir: inApp("dist"),
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    define: { global: "window", "process.env.NODE_ENV": '"production"' },
  });
  await stop();
  const sockjs = createRequire(import.meta.url).resolve("sockjs-client/dist/sockjs.min.js");
  await copyFile(sockjs, inApp("dist/sockjs.min.js"));
  await copyFile(inApp("client/page/index.html"), inApp("dist/index.html"));
}

if (import.meta.main) {
  await buildPage();
}
