import { Signals } from "./signals.ts";

// Handles signals before the rest is loaded, which takes a while.
const signals = new Signals();
const { start } = await import("./start.ts");
await start(process.argv.slice(2), signals);
