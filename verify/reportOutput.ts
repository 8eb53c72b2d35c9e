import { truncate, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { SettingsError } from "../app/contract/settings.ts";
import type { Fault } from "../app/contract/fault.ts";
import { cut, shown } from "../app/contract/shown.ts";
import type { Report } from "./report.ts";
import { reportJunit } from "./reportJunit.ts";
import { reportPage } from "./reportPage.ts";
import { reportText } from "./reportText.ts";

/** Files that get the report, beside stdout. */
export interface Files {
  json?: string | undefined;
  html?: string | undefined;
  junit?: string | undefined;
}

/**
 * Checks that the files can be written, and empties them: the report of an earlier run must not pass for that of this one.
 *
 * @throws SettingsError naming the first
 */
export async function checkWritable({ json, html, junit }: Files): Promise<void> {
  const files = { "--json": json, "--html": html, "--junit": junit };
  const seen = new Set<string>();
  for (const [option, file] of Object.entries(files)) {
    const path = resolve(file ?? "");
    if (file !== undefined && seen.has(path) && !path.startsWith("/dev/")) {
      throw new SettingsError({
        name: option,
        problem: `is ${shown(file)}, which another report gets`,
        mustBe: "another file",
      });
    }
    seen.add(path);
    try {
      await writeFile(file ?? "/dev/null", "");
    } catch (error) {
      throw new SettingsError(notWritable(option, file, error));
    }
  }
}

/**
 * Writes the report in all formats; a failure of one does not stop the others.
 *
 * @returns the faults of what could not be written
 */
export async function writeReports({ json, html, junit }: Files, report: Report): Promise<Fault[]> {
  const faults = [
    await print(`${reportText(report)}\n`),
    await write("--json", json, `${JSON.stringify(report, undefined, 2)}\n`),
    await write("--html", html, html === undefined ? "" : reportPage(report)),
    await write("--junit", junit, reportJunit(report)),
  ];
  return faults.filter((fault) => fault !== undefined);
}

/** Prints to stdout; a closed pipe is no fault. */
async function print(text: string): Promise<Fault | undefined> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    process.stdout.once("error", resolve).write(text, resolve);
  });
  return error && error.code !== "EPIPE"
    ? {
        name: "stdout",
        problem: `cannot be written: ${error.message}`,
        mustBe: "open, with room to write",
      }
    : undefined;
}

/** Writes a whole file, or leaves it empty on a fault. */
async function write(
  option: string,
  file: string | undefined,
  content: string,
): Promise<Fault | undefined> {
  try {
    await writeFile(file ?? "/dev/null", content);
    return undefined;
  } catch (error) {
    await truncate(file ?? "/dev/null").catch(() => undefined);
    return notWritable(option, file, error);
  }
}

function notWritable(option: string, file: string | undefined, error: unknown): Fault {
  const { message } = error as Error;
  return {
    name: option,
    problem: `is ${shown(file)}: ${cut(message)}`,
    mustBe: "a file that can be written",
    example: "report.json",
  };
}
