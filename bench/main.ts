import { Command } from "commander";
import { oneOf, parseSettings, SettingsError } from "../app/contract/settings.ts";
import { parseCommandLine } from "../terminal/commandLine.ts";

// Loads only the one that runs.
const BENCHES = {
  registry: async () => (await import("./registryBench.ts")).benchRegistry,
  documents: async () => (await import("./documentBench.ts")).benchDocuments,
  verifier: async () => (await import("./verifierBench.ts")).benchVerifier,
};
const NAMES = ["registry", "documents", "verifier"] as const;

const EXIT_USAGE = 2;

try {
  const command = new Command("npm run bench --")
    .description(
      "Compares kinds of affinity, or the verifier with wrk, side by side on this computer.",
    )
    .argument("<name>", NAMES.join(" or "));
  if (parseCommandLine(command, process.argv.slice(2))) {
    const { name } = parseSettings({ name: oneOf(NAMES) }, { name: command.args[0] });
    const bench = await BENCHES[name]();
    await bench();
  }
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = EXIT_USAGE;
}
