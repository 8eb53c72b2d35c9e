import { setTimeout as sleep } from "node:timers/promises";
import { buildPages } from "../app/build.ts";
import { createLog, LOG_LEVELS } from "../app/contract/log.ts";
import { oneOf, parseSettings, SettingsError } from "../app/contract/settings.ts";
import { readOptions } from "./options.ts";
import { LocalRun } from "./run.ts";
import type { Signals } from "./signals.ts";
import { formatLine, showProgress } from "./stderr.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Time for a signal to arrive, in milliseconds: a terminal signals child processes, too, and one may be seen to exit first. */
const SIGNAL_MS = 100;

/** Runs what the flags describe until a signal stops it; exits the process on an error. */
export async function start(args: readonly string[], signals: Signals): Promise<void> {
  try {
    const { LOG_LEVEL } = parseSettings(
      { LOG_LEVEL: oneOf(LOG_LEVELS).default("info") },
      process.env,
    );
    const options = readOptions(args);
    if (options === undefined) {
      return;
    }
    const { log, flush } = createLog({ front: process.pid }, LOG_LEVEL, 2, formatLine);
    for (const workload of options.skipped) {
      log.warn({ workload }, "does not run on this computer, because it has neither app nor local");
    }
    const run = new LocalRun(options, log, fail);
    await run.listen();
    signals.control({
      stop: () => run.stop().then(flush),
      kill: () => run.kill(),
      roll: () => run.roll(),
    });
    const apps = options.workloads.flatMap(({ program }) =>
      "app" in program ? [program.app] : [],
    );
    if (apps.length > 0) {
      showProgress("building the pages");
      await buildPages([...new Set(apps)]);
    }
    if (await run.start(showProgress)) {
      console.log(String(run));
    }
  } catch (error) {
    await sleep(SIGNAL_MS);
    if (!signals.isStopping) {
      fail(error);
    }
  }
}

/** Exits the process; the guard then stops everything that was started. */
function fail(error: unknown): never {
  const isUsage = error instanceof SettingsError;
  console.error(isUsage ? error.message : String(error));
  process.exit(isUsage ? EXIT_USAGE : EXIT_FAILED);
}
