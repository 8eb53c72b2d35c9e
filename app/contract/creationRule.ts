import { wholeNumberFrom } from "./settings.ts";

/** Creations a second that a replica accepts from one address, with bursts of ten seconds' worth. */
export const creationsPerSecond = wholeNumberFrom(1, 100_000, 20).default(20);
