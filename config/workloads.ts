import { APP_NAMES, type AppName, CATALOGUE } from "../app/contract/catalogue.ts";
import { z } from "zod";
import {
  checkSettings,
  flag,
  oneOf,
  textLike,
  wholeNumberFrom,
  type Values,
} from "../app/contract/settings.ts";
import { shown } from "../app/contract/shown.ts";
import { unknownFault, within, type Fault } from "../app/contract/fault.ts";
import { creationsPerSecond } from "../app/contract/creationRule.ts";
import { originList } from "../app/common/http/origins.ts";

/** Rules of the settings that every workload has. */
const COMMON_RULES = {
  replicas: wholeNumberFrom(1, 100, 3).default(3),
  maxReplicas: wholeNumberFrom(2, 200, 10).optional(),
  drainSeconds: wholeNumberFrom(0, 3600, 150).default(150),
  cpuMillicores: wholeNumberFrom(1, 16000, 250).default(250),
  memoryMiB: wholeNumberFrom(1, 120 * 1024, 512).default(512),
  dnsName: textLike(
    /^(?!.{254})([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "a DNS name",
    "echo.example.com",
  ).optional(),
  allowedOrigins: originList.default([]),
};

/** Rules of the settings of workloads whose requests are routed one by one. */
const HTTP_RULES = { ...COMMON_RULES, maxCreationsPerSecond: creationsPerSecond };

/** Rules of a workload's settings, by its app; docs/tables.ts has their meanings. */
export const WORKLOAD_RULES = {
  echo: {
    app: z.literal("echo"),
    affinity: affinityOf("echo"),
    ...COMMON_RULES,
    crossZone: flag.default(true),
    idleTimeoutSeconds: wholeNumberFrom(60, 6000, 350).default(350),
  },
  company: { app: z.literal("company"), affinity: affinityOf("company"), ...HTTP_RULES },
  document: { app: z.literal("document"), affinity: affinityOf("document"), ...HTTP_RULES },
};

/** One of the affinities that an app supports; the first is the default. */
function affinityOf<Name extends AppName>(app: Name) {
  const { affinities } = CATALOGUE[app];
  type Supported = (typeof CATALOGUE)[Name]["affinities"];
  return oneOf<Supported[number]>(affinities).default(affinities[0]);
}

type WorkloadOf<Name extends AppName> = Values<(typeof WORKLOAD_RULES)[Name]>;

/** The settings of one workload, typed and each valid by itself. */
export type WorkloadSettings = { [Name in AppName]: WorkloadOf<Name> }[AppName];

/** Those of a workload's settings that are right by themselves. */
export type WorkloadDraft = {
  [Name in AppName]: Partial<WorkloadOf<Name>> & { app: Name };
}[AppName];

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
  const drafts = checked.flatMap(({ draft }) => draft ?? []);
  const faults = [
    ...checked.flatMap((each, index) => within(`${name}[${index}].`, each.faults)),
    ...duplicateFaults(drafts, name),
  ];
  return faults.length === 0
    ? { isRight: true, workloads: checked.flatMap(({ settings }) => settings ?? []), faults: [] }
    : { isRight: false, workloads: drafts, faults };
}

interface CheckedWorkload {
  settings?: WorkloadSettings;
  /** The settings that are right. */
  draft?: WorkloadDraft;
  faults: readonly Fault[];
}

function checkWorkload(raw: unknown): CheckedWorkload {
  const settings = z.record(z.string(), z.unknown()).safeParse(raw).data ?? {};
  const { app } = settings;
  if (!isApp(app)) {
    const mustBe = APP_NAMES.join(" or ");
    return { faults: [{ name: "app", got: app, mustBe, example: "app: echo" }] };
  }
  const rules = WORKLOAD_RULES[app];
  const { isRight, values, faults } = checkSettings(rules, settings);
  const unknown = Object.keys(settings)
    .filter((each) => !Object.hasOwn(rules, each))
    .map((each) => unknownFault(each, Object.keys(rules)));
  return {
    ...(isRight ? { settings: values } : {}),
    draft: { ...values, app } as WorkloadDraft,
    faults: [...unknown, ...faults],
  };
}

/** Rejects an app that is listed twice, because its namespace and its URL have its name. */
function duplicateFaults(workloads: readonly WorkloadDraft[], name: string): Fault[] {
  return (["app", "dnsName"] as const).flatMap((setting) => {
    const values = workloads.flatMap((workload) => workload[setting] ?? []);
    const twice = values.filter((value, index) => values.indexOf(value) < index);
    return [...new Set(twice)].map((value) => ({
      name,
      problem: `lists ${setting} ${shown(value)} twice`,
      mustBe: `a list with each ${setting} once`,
      fix: "remove or change the second",
    }));
  });
}

function isApp(app: unknown): app is AppName {
  return APP_NAMES.some((each) => each === app);
}
