import { deepEqual, equal, match, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportOf } from "../../verify/createReport.ts";
import { mergeReports } from "../../verify/merge/mergeReports.ts";
import type { ReportFile } from "../../verify/merge/readReports.ts";
import type { Report, SessionResult } from "../../verify/report.ts";
import { reportText } from "../../verify/reportText.ts";
import { endRuns, runNode } from "../drivers/localRun.ts";
import { folder, judged, VERIFY } from "./verifier.ts";

interface Seen {
  network?: string;
  /** The replica of each session. */
  replicas: readonly string[];
  keys?: readonly string[];
}

let files = 0;

/** A report of a network, in which nothing went astray. */
function seenFrom(
  { keys, network = "office", replicas }: Seen,
  changed: Partial<Report> = {},
): ReportFile {
  files += 1;
  const sessions = replicas.map((replica, session): SessionResult => ({
    session,
    run: 0,
    source: "",
    transports: [],
    replicas: [replica],
    moves: 0,
    stays: [{ seconds: 1, replica }],
    reconnects: 0,
    sent: 300,
    echoed: 300,
    doubled: 0,
    lost: 0,
    chances: 299,
    breaks: { "unknown session": 0, "foreign replica": 0, closed: 0, unanswered: 0 },
    breaksAt: [],
    awayMs: 0,
    latency: { p50: 1, p99: 2, max: 3 },
    ...(keys === undefined
      ? {}
      : {
          visits: {
            key: keys[session] ?? "",
            errors: 0,
            repeated: 0,
            hasCookie: false,
            lastAnswers: 0,
            lastReplicas: [],
          },
        }),
  }));
  const report = reportOf({
    url: "http://app.example/",
    kind: "http",
    scenario: "steady",
    maxFailures: 1,
    unit: keys === undefined ? "client" : "key",
    cookieJar: undefined,
    key: keys === undefined ? undefined : "path",
    replica: "header:X-Replica",
    runs: [
      {
        id: `00000000-0000-4000-8000-${String(files).padStart(12, "0")}`,
        network,
        started: "2026-01-01T00:00:00.000Z",
        seconds: 15,
        interrupted: false,
        seed: 1,
      },
    ],
    firstBreaks: [],
    sessions,
    timeline: [],
    latencies: [[replicas.length, 100]],
  });
  return { file: `${network}.json`, report: { ...report, ...changed } };
}

const OFFICE = { network: "office", replicas: ["app-0", "app-0"] };
const HOME = { network: "home", replicas: ["app-1"] };

describe("npm run verify -- merge", () => {
  after(endRuns);

  it("finds sticky what each network saw only one replica of", () => {
    match(judged(seenFrom(OFFICE).report), /^inconclusive: all clients reached the same replica/);
    const report = mergeReports([seenFrom(OFFICE), seenFrom(HOME)]);
    equal(
      judged(report),
      "sticky: none of 897 connections went astray; seen from 2 networks, office, home",
    );
    deepEqual(
      report.sessions.map(({ run, session }) => [session, run]),
      [
        [0, 0],
        [1, 0],
        [2, 1],
      ],
    );
    deepEqual(report.latencies, [
      [1, 100],
      [2, 100],
    ]);
    equal(report.totals.sent, 900);
    match(reportText(report), /^replica +clients +sources +share +skew\napp-0 +2 /);
  });

  it("stays inconclusive if all networks saw one replica, and counts a network once", () => {
    const report = mergeReports([seenFrom(OFFICE), seenFrom(OFFICE)]);
    match(judged(report), /^inconclusive: all clients .*; seen from one network only, office$/);
  });

  it("merges what was merged before", () => {
    const both = { file: "both.json", report: mergeReports([seenFrom(OFFICE), seenFrom(HOME)]) };
    const third = seenFrom({ network: "phone", replicas: ["app-2"] });
    const report = mergeReports([both, third]);
    match(judged(report), /; seen from 3 networks, office, home, phone$/);
    equal(report.sessions.at(-1)?.run, 2);
  });

  it("finds keys not sticky that reach other replicas from another network", () => {
    const keys = ["A", "B"];
    const replicas = ["app-0", "app-1"];
    const same = mergeReports([
      seenFrom({ network: "office", keys, replicas }),
      seenFrom({ network: "home", keys, replicas }),
    ]);
    match(judged(same), /^sticky: none of 1198 connections went astray; /);
    const swapped = mergeReports([
      seenFrom({ network: "office", keys, replicas }),
      seenFrom({ network: "home", keys, replicas: replicas.toReversed() }),
    ]);
    match(judged(swapped), /^not sticky: 2 of 1198 connections went astray; /);
    equal(
      swapped.firstBreaks[0]?.detail,
      "from office, requests about A were answered by app-0; from home, by app-1",
    );
  });

  it("finds keys not sticky if the network decides on their replica", () => {
    const report = mergeReports([
      seenFrom({ network: "office", replicas: ["app-0", "app-0"], keys: ["A", "B"] }),
      seenFrom({ network: "home", replicas: ["app-1", "app-1"], keys: ["A", "B"] }),
    ]);
    match(judged(report), /^not sticky: 2 of 1198 connections went astray; /);
  });

  const office = seenFrom(OFFICE);
  const pods = { network: "office", replicas: ["echo-7d9f8b6c5-x2x4b"] };
  const refusals: [string, [ReportFile, ...ReportFile[]], RegExp][] = [
    [
      "another URL",
      [office, seenFrom(HOME, { url: "http://other.example/" })],
      /^home\.json has URL http:\/\/other\.example\/; it must be http:\/\/app\.example\/, as in office\.json$/,
    ],
    [
      "another kind",
      [office, seenFrom(HOME, { kind: "sse" })],
      /^home\.json has kind sse; it must be http, /,
    ],
    [
      "a key in one only",
      [office, seenFrom({ ...HOME, keys: ["A"] })],
      /^home\.json has --key path; it must be unset, /,
    ],
    [
      "the same run twice",
      [office, { ...office, file: "copy.json" }],
      /^copy\.json has the run that started 2026-01-01T00:00:00\.000Z, which office\.json has, too; it must be a report of other runs$/,
    ],
    [
      "a roll-out in one",
      [seenFrom(OFFICE, { scenario: "rollout" }), seenFrom(HOME, { scenario: "rollout" })],
      /^office\.json is of scenario rollout, in which replicas change; it must be of another scenario \(for example steady\)\nhome\.json is of /,
    ],
    [
      "pods of another ReplicaSet, from another network",
      [seenFrom(pods), seenFrom({ network: "home", replicas: ["echo-5c8b9d7f4-zz9qp"] })],
      /^home\.json saw other replicas than office\.json \(echo-7d9f8b6c5-x2x4b, then echo-5c8b9d7f4-zz9qp\): they may have been replaced between the runs; it must be made with the same replicas; verify /,
    ],
    [
      "other replicas from the same network",
      [office, seenFrom({ network: "office", replicas: ["app-7"] })],
      /^office\.json saw other replicas than office\.json \(app-0, then app-7\): /,
    ],
    [
      "other replicas for the same keys",
      [
        seenFrom({ network: "office", replicas: ["app-0", "app-1"], keys: ["A", "B"] }),
        seenFrom({ network: "home", replicas: ["app-2", "app-3"], keys: ["A", "B"] }),
      ],
      /^home\.json saw other replicas than office\.json \(app-0, then app-2\): /,
    ],
  ];
  for (const [what, reports, message] of refusals) {
    it(`rejects ${what}`, () => {
      throws(() => mergeReports(reports), { name: "SettingsError", message });
    });
  }

  /** Runs the command on reports, and on files that are none. */
  async function merge(reports: readonly ReportFile[], ...args: string[]) {
    const paths = reports.map(({ file, report }) => {
      const path = join(folder, file);
      writeFileSync(path, JSON.stringify(report));
      return path;
    });
    const run = runNode(VERIFY, ["merge", ...paths, ...args]);
    return { code: await run.ended, out: run.out, err: run.err };
  }

  it("prints the verdict and writes the report, from which it can be merged again", async () => {
    const merged = join(folder, "merged.json");
    const { code, out } = await merge([seenFrom(OFFICE), seenFrom(HOME)], "--json", merged);
    equal(code, 0);
    match(out, /\nsticky: none of 897 connections .*; seen from 2 networks, office, home\n$/);
    const again = await merge([seenFrom({ network: "phone", replicas: ["app-2"] })], merged);
    match(again.out, /; seen from 3 networks, phone, office, home\n$/);
  });

  it("exits with status 2 and a line for each file that is no report", async () => {
    const old = { ...seenFrom(OFFICE).report, version: "2.0" };
    const broken = { ...seenFrom(HOME).report, chances: -1 };
    const { code, err, out } = await merge(
      [
        { file: "old.json", report: old as unknown as Report },
        { file: "broken.json", report: broken },
      ],
      "/nowhere.json",
    );
    equal(code, 2);
    equal(out, "");
    const [first = "", second = "", third = ""] = err.split("\n");
    match(
      first,
      /old\.json has version 2\.0; it must be a report of version 3\.0, .*; verify again /,
    );
    match(second, /broken\.json is no report, at chances; it must be /);
    match(third, /^\/nowhere\.json cannot be read: ENOENT: /);
  });

  it("exits with status 2 if there is one report only", async () => {
    const { code, err } = await merge([seenFrom(OFFICE)]);
    equal(code, 2);
    match(
      err,
      /^reports is \[.*\]; it must be two or more reports \(for example office\.json home\.json\)$/m,
    );
  });

  it("accepts pods of the same ReplicaSet", () => {
    const other = { network: "home", replicas: ["echo-7d9f8b6c5-zz9qp"] };
    match(judged(mergeReports([seenFrom(pods), seenFrom(other)])), /^sticky: /);
  });
});
