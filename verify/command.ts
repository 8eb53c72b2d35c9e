import { createServer } from "node:net";
import { sentenceOf } from "../app/contract/fault.ts";
import { SettingsError } from "../app/contract/settings.ts";
import { Interrupts } from "../terminal/interrupts.ts";
import { EXIT, EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_UNREACHABLE, EXIT_USAGE } from "./exits.ts";
import { KINDS } from "./kinds.ts";
import { readMergeOptions, type MergeOptions } from "./merge/mergeOptions.ts";
import { mergeReports } from "./merge/mergeReports.ts";
import { readReports } from "./merge/readReports.ts";
import { readOptions, type VerifyOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { run, type Seen } from "./run.ts";
import { createReport } from "./createReport.ts";
import { breaksText } from "./reportText.ts";
import { checkWritable, writeReports, type Files } from "./reportOutput.ts";
import { calmFrom, settledFrom, unitOf } from "./units.ts";

/** How often a pipe gets a line of progress, in seconds; a terminal has one line that is rewritten. */
const PIPE_SECONDS = 5;

/** Whether progress is one line that is rewritten. */
const isLive = process.stderr.isTTY && process.env.NO_COLOR === undefined;

/**
 * Runs the verifier as a command of this process.
 *
 * @param commandName how the verifier is called, for its help and its errors
 * @returns the exit status
 */
export async function runCommand(commandName: string, args: readonly string[]): Promise<number> {
  // A crash must not look like a verdict.
  process.on("uncaughtException", (error) => {
    console.error(error);
    process.exit(EXIT_INTERNAL);
  });
  try {
    if (args[0] === "merge") {
      const options = readMergeOptions(args.slice(1), `${commandName} merge`);
      return options === undefined ? 0 : await merge(options);
    }
    const options = readOptions(args, commandName);
    return options === undefined ? 0 : await verify(options);
  } catch (error) {
    if (!(error instanceof SettingsError)) {
      throw error;
    }
    console.error(error.message);
    return EXIT_USAGE;
  }
}

async function verify(options: VerifyOptions): Promise<number> {
  await checkWritable(options);
  if (!options.proxyProtocol) {
    await checkSources(options.sources);
  }
  const obstacle = await KINDS[options.kind].reach(options);
  if (obstacle !== undefined) {
    console.error(sentenceOf(obstacle.fault));
    return obstacle.isUnnamed ? EXIT["cannot be judged"] : EXIT_UNREACHABLE;
  }
  const duty = dutyIn(options);
  if (duty !== "") {
    console.error(duty);
  }
  const seen = await run(options, progress(options), interruption());
  process.stderr.write(isLive ? "\r\x1b[K" : "");
  return conclude(options, createReport(options, seen));
}

async function merge(options: MergeOptions): Promise<number> {
  const report = mergeReports(await readReports(options.reports));
  await checkWritable(options);
  return conclude(options, report);
}

/** Writes the report. Returns the exit status. */
async function conclude(files: Files, report: Report): Promise<number> {
  const faults = await writeReports(files, report);
  if (faults.length > 0) {
    throw new SettingsError(...faults);
  }
  return EXIT[report.verdict];
}

/** Checks that this computer has the addresses; otherwise every session would fail by itself. */
async function checkSources(sources: readonly string[]): Promise<void> {
  for (const source of new Set(sources)) {
    const server = createServer();
    const fault = await new Promise<string>((resolve) => {
      server.once("error", ({ message }) => resolve(message));
      server.listen(0, source, () => server.close(() => resolve("")));
    });
    if (fault !== "") {
      throw new SettingsError({
        name: "--sources",
        problem: `has ${source}, which cannot be used: ${fault}`,
        mustBe: "addresses of this computer",
        fix: "on macOS, add loopback addresses first (for example sudo ifconfig lo0 alias 127.0.1.1)",
      });
    }
  }
}

/** The first Ctrl-C, or a SIGTERM, ends the run and writes the report; a later Ctrl-C exits immediately. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupts = new Interrupts();
  process.on("SIGINT", () => {
    if (interrupts.add() && interrupts.count > 1) {
      process.exit(EXIT_INTERRUPTED);
    }
    controller.abort();
  });
  process.on("SIGTERM", () => controller.abort());
  return controller.signal;
}

/** What the person must do during the run; empty for nothing. */
function dutyIn(options: VerifyOptions): string {
  const { duration, rollPid, scenario } = options;
  const calm = calmFrom(duration).toFixed(1);
  if (scenario === "scale") {
    return `add replicas between ${settledFrom(duration).toFixed(1)} and ${calm} s after the start; the run takes ${duration} s`;
  }
  if (scenario === "rollout" && rollPid === undefined) {
    const end = unitOf(options) === "session" ? "" : `; this must end within ${calm} s`;
    return `replace the replicas now${end}; the run takes ${duration} s`;
  }
  return "";
}

function progress(options: VerifyOptions): (seen: Seen) => void {
  const unit = unitOf(options);
  const [state, answers] = unit === "session" ? ["open", "echoes"] : ["answered", "answers"];
  let lastLineAt = 0;
  return ({ breaks, seconds, subjects }) => {
    const open = subjects.filter(({ isOpen }) => isOpen).length;
    const echoed = subjects.reduce((sum, subject) => sum + subject.echoed, 0);
    const line = `${seconds.toFixed(0)} of ${options.duration} s: ${open} ${unit}s ${state}, ${echoed} ${answers}, breaks ${breaksText(breaks.counts, unit)}`;
    if (isLive) {
      process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`);
    } else if (seconds >= lastLineAt + PIPE_SECONDS) {
      lastLineAt = seconds;
      console.error(line);
    }
  };
}
