import { z } from "zod";
import { APP_NAMES, type AppName } from "../app/common/apps.ts";
import {
  checkSettings,
  flag,
  oneOf,
  textLike,
  wholeNumberFrom,
  type Values,
} from "../app/common/settings.ts";
import { creationsPerSecond } from "../app/common/creationRule.ts";
import { originList } from "../app/common/origins.ts";
import { cut, shown } from "../app/common/shown.ts";

/** How a load balancer chooses a replica; `none`: anew each time. */
export type Affinity = "source-ip" | "cookie" | "key" | "none";

/** The apps that keep data in PostgreSQL. */
export function keepsData(app: AppName): boolean {
  return app !== "echo";
}

/** What every workload may say of itself. */
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

/** What those may whose requests are routed one by one. */
const HTTP_RULES = {
  affinity: oneOf(["cookie", "key"]).default("cookie"),
  ...COMMON_RULES,
  maxCreationsPerSecond: creationsPerSecond,
};

/** Rules of a workload's settings, by its app; README says what each means. */
const WORKLOAD_RULES = {
  echo: {
    app: z.literal("echo"),
    affinity: oneOf(["source-ip", "none"]).default("source-ip"),
    ...COMMON_RULES,
    crossZone: flag.default(true),
    idleTimeoutSeconds: wholeNumberFrom(60, 6000, 350).default(350),
    targetProtocol: oneOf(["tcp", "tls"]).default("tcp"),
  },
  company: { app: z.literal("company"), ...HTTP_RULES },
  document: { app: z.literal("document"), ...HTTP_RULES },
};

type WorkloadOf<Name extends AppName> = Values<(typeof WORKLOAD_RULES)[Name]>;

/** The settings of one workload, typed and each by itself valid. */
export type WorkloadSettings = { [Name in AppName]: WorkloadOf<Name> }[AppName];

/** A workload's settings, or those of them that are right. */
export type WorkloadDraft = {
  [Name in AppName]: Partial<WorkloadOf<Name>> & { app: Name };
}[AppName];

/**
 * Checks a stack's list of workloads.
 *
 * @param name how a person writes the list, such as `sockjs-sticky:workloads`
 * @returns each workload with the settings that are right, and what is wrong with the others
 */
export function checkWorkloads(
  raw: unknown,
  name: string,
): { workloads: WorkloadDraft[]; faults: string[] } {
  if (!Array.isArray(raw) || raw.length === 0) {
    const got = raw === undefined ? "is not set" : `is ${shown(raw)}`;
    return {
      workloads: [],
      faults: [`${name} ${got}: allowed is a list of workloads; for example [{app: echo}]`],
    };
  }
  const checked = raw.map((each, index) => checkWorkload(each, `${name}[${index}]`));
  const workloads = checked.flatMap(({ workload }) => workload ?? []);
  const faults = checked.flatMap((each) => each.faults);
  return { workloads, faults: [...faults, ...duplicateFaults(workloads, name)] };
}

function checkWorkload(raw: unknown, name: string): { workload?: WorkloadDraft; faults: string[] } {
  const settings = z.record(z.string(), z.unknown()).safeParse(raw).data ?? {};
  const { app } = settings;
  if (!isApp(app)) {
    const got = app === undefined ? "is not set" : `is ${shown(app)}`;
    const allowed = APP_NAMES.join(", ");
    return { faults: [`${name}.app ${got}: allowed is ${allowed}; for example app: echo`] };
  }
  const rules = WORKLOAD_RULES[app];
  const { values, faults } = checkSettings(rules, settings, (each) => `${name}.${each}`);
  const unknown = Object.keys(settings)
    .filter((each) => !Object.hasOwn(rules, each))
    .map(
      (each) =>
        `${cut(`${name}.${each}`)} is not a setting of ${app}: allowed are ${Object.keys(rules).join(", ")}`,
    );
  return { workload: { ...values, app } as WorkloadDraft, faults: [...unknown, ...faults] };
}

/** An app is there once: its namespace and its URL have its name. */
function duplicateFaults(workloads: readonly WorkloadDraft[], name: string): string[] {
  const twice = (values: readonly (string | undefined)[]): Set<string> =>
    new Set(
      values.filter(
        (each, index) => each !== undefined && values.indexOf(each) < index,
      ) as string[],
    );
  const fault =
    (setting: string) =>
    (value: string): string =>
      `${name} has two of ${setting} ${shown(value)}: allowed is each once; remove or change the second`;
  return [
    ...[...twice(workloads.map(({ app }) => app))].map(fault("app")),
    ...[...twice(workloads.map(({ dnsName }) => dnsName))].map(fault("dnsName")),
  ];
}

function isApp(app: unknown): app is AppName {
  return APP_NAMES.some((each) => each === app);
}
