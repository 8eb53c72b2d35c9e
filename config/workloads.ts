import { z } from "zod";
import { APP_NAMES, type AppName } from "../app/contract/catalogue.ts";
import { unknownFault, within, type Fault } from "../app/contract/fault.ts";
import { checkSettings } from "../app/contract/settings.ts";
import { shown } from "../app/contract/shown.ts";
import { nameFaults } from "./workloadNames.ts";
import {
  defaultsOf,
  WORKLOAD_RULES,
  type WorkloadDraft,
  type WorkloadSettings,
} from "./workloadSettings.ts";
import { ownFaults } from "./workloadRules.ts";

/** A valid list of workloads, or the settings that are right and the faults of the others. */
export type CheckedWorkloads =
  | { isRight: true; workloads: readonly WorkloadSettings[]; faults: readonly [] }
  | { isRight: false; workloads: readonly WorkloadDraft[]; faults: readonly Fault[] };

/**
 * Checks a stack's list of workloads.
 *
 * @param name how a person writes the list, such as `sockjs-sticky:workloads`
 */
export function checkWorkloads(raw: unknown, name: string): CheckedWorkloads {
  if (!Array.isArray(raw) || raw.length === 0) {
    const fault = { name, got: raw, mustBe: "a list of workloads", example: "[{app: echo}]" };
    return { isRight: false, workloads: [], faults: [fault] };
  }
  const checked = raw.map((each: unknown) => checkWorkload(each));
  const drafts = checked.map(({ draft }) => draft);
  const faults = [
    ...checked.flatMap((each, index) => within(`${name}[${index}]`, each.faults.map(dotted))),
    ...duplicateFaults(drafts, name),
    ...nameFaults(drafts, name),
  ];
  return faults.length === 0
    ? { isRight: true, workloads: checked.flatMap(({ settings }) => settings ?? []), faults: [] }
    : { isRight: false, workloads: drafts, faults };
}

/** The settings of which a workload has one: what it runs. */
const SOURCES = ["app", "image", "build"];

/** A fault of a setting by its path in a workload; one without a name is about the workload itself. */
function dotted(fault: Fault): Fault {
  return fault.name === "" ? fault : { ...fault, name: `.${fault.name}` };
}

interface CheckedWorkload {
  settings?: WorkloadSettings;
  /** The settings that are right. */
  draft: WorkloadDraft;
  faults: readonly Fault[];
}

function checkWorkload(raw: unknown): CheckedWorkload {
  const own = z.record(z.string(), z.unknown()).safeParse(raw).data;
  if (own === undefined) {
    const mustBe = "settings of a workload by name";
    return { draft: {}, faults: [{ name: "", got: raw, mustBe, example: "{app: echo}" }] };
  }
  const { app } = own;
  const given = SOURCES.filter((source) => own[source] !== undefined);
  if (given.length !== 1 || (app !== undefined && !isApp(app))) {
    return { draft: {}, faults: [sourceFault(given, app)] };
  }
  const defaults = isApp(app) ? defaultsOf(app) : {};
  const { isRight, values, faults } = checkSettings(WORKLOAD_RULES, { ...defaults, ...own });
  const unknown = Object.keys(own)
    .filter((each) => !Object.hasOwn(WORKLOAD_RULES, each))
    .map((each) => unknownFault(each, Object.keys(WORKLOAD_RULES)));
  return {
    ...(isRight ? { settings: values } : {}),
    draft: values,
    faults: [...unknown, ...faults, ...ownFaults(values, Object.keys(own))],
  };
}

/** What is wrong with what a workload runs. */
function sourceFault(given: readonly string[], app: unknown): Fault {
  if (given.length > 1) {
    return {
      name: given.join(" and "),
      problem: "are set",
      mustBe: "only one of them",
      fix: `remove all but one`,
    };
  }
  return {
    name: "app",
    got: app,
    mustBe: `${APP_NAMES.join(" or ")}${app === undefined ? ", or else image or build must be set" : ""}`,
    example: "app: echo",
  };
}

/** Rejects names that are listed twice: namespaces, load balancers and URLs are made from them. */
function duplicateFaults(workloads: readonly WorkloadDraft[], name: string): Fault[] {
  return (["name", "dnsName"] as const).flatMap((setting) => {
    const values = workloads.flatMap((workload) => workload[setting] ?? []);
    const twice = values.filter((value, index) => values.indexOf(value) < index);
    return [...new Set(twice)].map((value) => ({
      name,
      problem: `lists ${setting} ${shown(value)} twice`,
      mustBe: `a list with each ${setting} once`,
      fix: setting === "name" ? "give the second another name" : "remove or change the second",
    }));
  });
}

function isApp(app: unknown): app is AppName {
  return APP_NAMES.some((each) => each === app);
}
