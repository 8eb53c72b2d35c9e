import type { Fault } from "../../app/contract/fault.ts";
import { cut } from "../../app/contract/shown.ts";
import type { Report } from "../report.ts";
import { isChanging } from "../units.ts";
import type { ReportFile } from "./readReports.ts";

/** What must be the same in all reports. */
const SAME: Record<string, (report: Report) => number | string | undefined> = {
  URL: ({ url }) => url,
  kind: ({ kind }) => kind,
  scenario: ({ scenario }) => scenario,
  "--replica": ({ replica }) => replica,
  "--key": ({ visits }) => visits?.key,
  "--cookie-jar": ({ visits }) => visits?.cookieJar,
  "--max-failures": ({ maxFailures }) => maxFailures,
  // Requests about the same keys must come from all networks.
  "--seed": ({ runs, unit }) => (unit === "key" ? runs[0]?.seed : undefined),
};

/**
 * A pod of a Deployment: its name, the hash of the pod template, and five characters of its own, of the alphabet in
 * https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go
 */
const POD = /^(.+)-([bcdfghjklmnpqrstvwxz2456789]{6,10})-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/** Why reports cannot be merged. */
export function mergeFaults(files: readonly ReportFile[]): Fault[] {
  return [
    ...files.flatMap(changingFault),
    ...files.slice(1).flatMap((each) => differences(files[0] ?? each, each)),
    ...pairsOf(files).flatMap(([a, b]) => [...repetition(a, b), ...rollout(a, b)]),
  ];
}

function changingFault({ file, report: { scenario } }: ReportFile): Fault[] {
  return isChanging(scenario)
    ? [
        {
          name: file,
          problem: `is of scenario ${scenario}, in which replicas change`,
          mustBe: "of another scenario",
          example: "steady",
        },
      ]
    : [];
}

function differences(first: ReportFile, other: ReportFile): Fault[] {
  return Object.entries(SAME)
    .map(([name, of]) => ({ name, expected: of(first.report), got: of(other.report) }))
    .filter(({ expected, got }) => expected !== got)
    .map(({ name, expected, got }) => ({
      name: other.file,
      problem: `has ${name} ${cut(String(got ?? "unset"))}`,
      mustBe: `${cut(String(expected ?? "unset"))}, as in ${cut(first.file)}`,
    }));
}

function repetition(a: ReportFile, b: ReportFile): Fault[] {
  const known = new Set(a.report.runs.map(({ id }) => id));
  const again = b.report.runs.find(({ id }) => known.has(id));
  return again === undefined
    ? []
    : [
        {
          name: b.file,
          problem: `has the run that started ${again.started}, which ${cut(a.file)} has, too`,
          mustBe: "a report of other runs",
        },
      ];
}

/** A roll-out between two runs: its sessions would count as moved, or a move would not be seen. */
function rollout(a: ReportFile, b: ReportFile): Fault[] {
  const seen = rolledBetween(a.report, b.report);
  return seen === undefined
    ? []
    : [
        {
          name: b.file,
          problem: `saw other replicas than ${cut(a.file)} (${seen.map((name) => cut(name, 60)).join(", then ")}): they may have been replaced between the runs`,
          mustBe: "made with the same replicas",
          fix: "verify from all networks again, without a roll-out",
        },
      ];
}

/** Names of replicas that cannot have run at the same time; undefined if there are none. */
function rolledBetween(a: Report, b: Report): [string, string] | undefined {
  const [before, after] = [namesIn(a), namesIn(b)];
  const templates = new Map(before.map((name) => [POD.exec(name)?.[1], name]));
  for (const name of after) {
    const [, deployment, template] = POD.exec(name) ?? [];
    const old = deployment === undefined ? undefined : templates.get(deployment);
    if (old !== undefined && POD.exec(old)?.[2] !== template) {
      return [old, name];
    }
  }
  const networks = new Set(a.runs.map(({ network }) => network));
  // Affinity by source address leads another network to other replicas, and all its keys to one.
  const isByKey = a.unit === "key" && before.length > 1 && after.length > 1;
  const mustMeet = isByKey || b.runs.some(({ network }) => networks.has(network));
  const [old, name] = [before[0], after[0]];
  const haveMet = before.some((each) => after.includes(each));
  return mustMeet && !haveMet && old !== undefined && name !== undefined ? [old, name] : undefined;
}

function namesIn({ replicas }: Report): string[] {
  return replicas.map(({ replica }) => replica);
}

function pairsOf<T>(values: readonly T[]): [T, T][] {
  return values.flatMap((a, index) => values.slice(index + 1).map((b): [T, T] => [a, b]));
}
