import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Fault } from "../../app/contract/fault.ts";
import { SettingsError } from "../../app/contract/settings.ts";
import { cut } from "../../app/contract/shown.ts";
import { printable } from "../words.ts";
import { REPORT_VERSION, reportSchema, type Report } from "../report.ts";

/** A report and the name of its file. */
export interface ReportFile {
  file: string;
  report: Report;
}

const MUST_BE = "a report of version " + REPORT_VERSION + ", as --json writes it";

/** A report of any version. */
const versioned = z.object({ version: z.string(), verdict: z.string() });

/**
 * Reads reports.
 *
 * @throws SettingsError naming every file that is none
 */
export async function readReports(
  files: readonly [string, ...string[]],
): Promise<[ReportFile, ...ReportFile[]]> {
  const reports: ReportFile[] = [];
  const faults: Fault[] = [];
  for (const file of files) {
    const report = await readReport(file);
    if ("mustBe" in report) {
      faults.push(report);
    } else {
      reports.push({ file, report });
    }
  }
  if (faults.length > 0) {
    throw new SettingsError(...faults);
  }
  return reports as [ReportFile, ...ReportFile[]];
}

async function readReport(file: string): Promise<Report | Fault> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"), (_name, value: unknown) =>
      typeof value === "string" ? printable(value) : value,
    );
  } catch (error) {
    const { message } = error as Error;
    return { name: file, problem: `cannot be read: ${cut(message)}`, mustBe: MUST_BE };
  }
  const version = versioned.safeParse(content).data?.version;
  if (version !== undefined && version !== REPORT_VERSION) {
    return {
      name: file,
      problem: `has version ${cut(version)}`,
      mustBe: MUST_BE,
      fix: "verify again with the present version",
    };
  }
  const { data, error } = reportSchema.safeParse(content);
  if (data !== undefined) {
    return data;
  }
  const [issue] = error.issues;
  const where =
    issue === undefined || issue.path.length === 0 ? "" : `, at ${issue.path.join(".")}`;
  return { name: file, problem: `is no report${cut(where)}`, mustBe: MUST_BE };
}
