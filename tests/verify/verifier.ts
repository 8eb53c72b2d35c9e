import { deepEqual } from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions } from "../../verify/options.ts";
import { reportSchema, type Report } from "../../verify/report.ts";
import { run } from "../../verify/run.ts";
import { TRANSPORTS } from "../../verify/sockjs/transport.ts";
import { createReport } from "../../verify/createReport.ts";
import { runNode } from "../drivers/localRun.ts";

export const VERIFY = "verify/main.ts";

export const FALL_BACKS = TRANSPORTS.filter((transport) => !transport.startsWith("websocket"));

/** Where the tests of a process keep their reports. */
export const folder = mkdtempSync(join(tmpdir(), "verify-"));

let runs = 0;

/** Runs the verifier to its end, with its report. */
export async function verify(url: string, ...args: string[]) {
  runs += 1;
  const json = join(folder, `${runs}.json`);
  const run = runNode(VERIFY, [url, "--json", json, ...args]);
  const code = await run.ended;
  return { code, out: run.out, err: run.err, report: () => readReport(json) };
}

/** The report in a file, which has all that its schema asks for and nothing else. */
function readReport(file: string): Report {
  const written: unknown = JSON.parse(readFileSync(file, "utf8"));
  const report = reportSchema.parse(written);
  deepEqual(report, written);
  return report;
}

/** The report that the verifier would make, made in this process. */
export async function examine(url: string, ...args: string[]): Promise<Report> {
  const options = readOptions([url, ...args]);
  if (options === undefined) {
    throw new Error("somebody asked for help");
  }
  const seen = await run(options, () => undefined, new AbortController().signal);
  return createReport(options, seen);
}

/** Verdict and reasons of a report. */
export function judged({ reasons, verdict }: Report): string {
  return `${verdict}: ${reasons.join("; ")}`;
}
