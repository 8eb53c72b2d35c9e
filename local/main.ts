import { Signals } from "./signals.ts";

// Before all else is loaded, which takes a while: a signal ends the run in the same way from the beginning.
const signals = new Signals();
const { start } = await import("./start.ts");
await start(process.argv.slice(2), signals);
