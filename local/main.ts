import { enableCompileCache } from "node:module";
import { COMPILE_CACHE } from "./environment.ts";
import { Signals } from "./signals.ts";

// Handles signals before the rest is loaded, which takes a while.
const signals = new Signals();
if (COMPILE_CACHE !== undefined) {
  enableCompileCache(COMPILE_CACHE);
}
const { start } = await import("./start.ts");
await start(process.argv.slice(2), signals);
