import { wholeNumberFrom } from "./settings.ts";

/** Creations a second that a replica takes from one address; ten seconds' worth at once. */
export const creationsPerSecond = wholeNumberFrom(1, 100_000, 20).default(20);
