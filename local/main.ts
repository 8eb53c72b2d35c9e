import { buildPages } from "../app/build.ts";
import { createLog, LOG_LEVELS } from "../app/common/log.ts";
import { oneOf, parseSettings, SettingsError } from "../app/common/settings.ts";
import { readOptions } from "./options.ts";
import { LocalRun } from "./run.ts";
import { handleSignals } from "./signals.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

try {
  const { LOG_LEVEL } = parseSettings(
    { LOG_LEVEL: oneOf(LOG_LEVELS).default("info") },
    process.env,
  );
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) {
    const { log, flush } = createLog({ front: process.pid }, LOG_LEVEL, 2);
    const run = new LocalRun(options, log, fail);
    await run.listen();
    handleSignals({
      stop: () => run.stop().then(flush),
      kill: () => run.kill(),
      roll: () => run.roll(),
    });
    await buildPages();
    if (await run.start()) {
      console.log(String(run));
    }
  }
} catch (error) {
  fail(error);
}

/** Ends the process, and with it the guard all that was started. */
function fail(error: unknown): never {
  const isUsage = error instanceof SettingsError;
  console.error(isUsage ? error.message : String(error));
  process.exit(isUsage ? EXIT_USAGE : EXIT_FAILED);
}
