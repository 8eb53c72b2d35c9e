import { runCommand } from "./command.ts";
import { NPM_COMMAND } from "./options.ts";

process.exitCode = await runCommand(NPM_COMMAND, process.argv.slice(2));
