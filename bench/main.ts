import { Command } from "commander";
import { oneOf, parseSettings, SettingsError } from "../app/common/settings.ts";
import { parseCommandLine } from "../commandLine.ts";
import { benchRegistry } from "./registry.ts";

const BENCHES = { registry: benchRegistry };

const EXIT_USAGE = 2;

try {
  const command = new Command("npm run bench --")
    .description("Compares the kinds of affinity side by side, on this computer.")
    .argument("<name>", Object.keys(BENCHES).join(" or "));
  if (parseCommandLine(command, process.argv.slice(2))) {
    const { name } = parseSettings({ name: oneOf(["registry"]) }, { name: command.args[0] });
    await BENCHES[name]();
  }
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = EXIT_USAGE;
}
