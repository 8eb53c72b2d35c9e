import { SettingsError } from "../../app/contract/settings.ts";
import { FIRST_BREAKS } from "../breaks.ts";
import { reportOf } from "../createReport.ts";
import { Latencies } from "../latencies.ts";
import type { Break, Report, SessionResult } from "../report.ts";
import { mergeFaults } from "./mergeFaults.ts";
import type { ReportFile } from "./readReports.ts";

/**
 * One report of the runs of several networks, with a verdict on all of them.
 *
 * @throws SettingsError naming what cannot be merged
 */
export function mergeReports(files: readonly [ReportFile, ...ReportFile[]]): Report {
  const faults = mergeFaults(files);
  if (faults.length > 0) {
    throw new SettingsError(...faults);
  }
  const reports = files.map(({ report }) => report);
  const [{ report: first }] = files;
  const sessions: SessionResult[] = [];
  const breaks: Break[] = [];
  const latencies = new Latencies();
  let run = 0;
  for (const report of reports) {
    const offset = sessions.length;
    for (const each of report.firstBreaks) {
      breaks.push({ ...each, session: each.session + offset });
    }
    for (const session of report.sessions) {
      sessions.push({ ...session, session: session.session + offset, run: session.run + run });
    }
    latencies.addAll(report.latencies);
    run += report.runs.length;
  }
  const runs = reports.flatMap((report) => report.runs);
  const straying = strayingKeys(sessions, (index) => runs[index]?.network ?? "");
  const { kind, maxFailures, replica, scenario, unit, url, visits } = first;
  return reportOf({
    ...{ kind, maxFailures, replica, scenario, unit, url, runs, sessions },
    cookieJar: visits?.cookieJar,
    key: visits?.key,
    firstBreaks: [...straying, ...breaks].slice(0, FIRST_BREAKS),
    timeline: [],
    latencies: latencies.counts(),
  });
}

/** Requests about a key must reach one replica from all networks. Adds the chances that they had to reach another one. */
function strayingKeys(
  sessions: readonly SessionResult[],
  networkOf: (run: number) => string,
): Break[] {
  const homes = new Map<string, SessionResult>();
  const breaks: Break[] = [];
  for (const session of sessions) {
    const key = session.visits?.key;
    const met = session.replicas[0];
    if (key === undefined || met === undefined) {
      continue;
    }
    const home = homes.get(key);
    const expected = home?.replicas[0];
    if (home === undefined || expected === undefined) {
      homes.set(key, session);
      continue;
    }
    session.chances += 1;
    if (met !== expected) {
      session.breaks = {
        ...session.breaks,
        "foreign replica": session.breaks["foreign replica"] + 1,
      };
      breaks.push({
        session: session.session,
        transport: "",
        kind: "foreign replica",
        expected,
        met,
        seconds: 0,
        detail: `from ${networkOf(home.run)}, requests about ${key} were answered by ${expected}; from ${networkOf(session.run)}, by ${met}`,
      });
    }
  }
  return breaks;
}
