import { CATALOGUE } from "../app/contract/catalogue.ts";
import type { Fault } from "../app/contract/fault.ts";
import type { WorkloadDraft } from "./workloadSettings.ts";

/** Settings that have no effect in some workloads, where they would only mislead. */
const MISPLACED: readonly {
  setting: keyof WorkloadDraft;
  isUsed: (workload: WorkloadDraft) => boolean;
  only: string;
}[] = [
  {
    setting: "cookie",
    isUsed: ({ affinity, app }) => affinity === "cookie" && app === undefined,
    only: "affinity cookie and an image of your own",
  },
  {
    setting: "keys",
    isUsed: ({ affinity, app }) => affinity === "key" && app === undefined,
    only: "affinity key and an image of your own",
  },
  {
    setting: "local",
    isUsed: ({ app }) => app === undefined,
    only: "an image of your own, because built-in apps need no setting",
  },
  {
    setting: "database",
    isUsed: ({ app }) => app === undefined,
    only: "an image of your own, because built-in apps need no setting",
  },
  {
    setting: "crossZone",
    isUsed: ({ affinity }) => affinity === "source-ip" || affinity === "none",
    only: "affinity source-ip or none",
  },
  {
    setting: "routing",
    isUsed: (workload) => !("dnsName" in workload) || workload.dnsName !== undefined,
    only: "a DNS name that two stacks share (dnsName)",
  },
  {
    setting: "allowedOrigins",
    isUsed: ({ app }) => app !== undefined,
    only: "a built-in app (app)",
  },
  {
    setting: "maxCreationsPerSecond",
    isUsed: ({ app }) => app !== undefined && CATALOGUE[app].keepsData,
    only: "app company or document",
  },
];

/**
 * Rejects settings that a workload does not use.
 *
 * @param given names of the settings that are set; the others have defaults
 */
export function misplacedFaults(workload: WorkloadDraft, given: readonly string[]): Fault[] {
  return MISPLACED.filter(
    ({ setting, isUsed }) =>
      given.includes(setting) &&
      setting in workload &&
      workload.affinity !== undefined &&
      !isUsed(workload),
  ).map(({ setting, only }) => ({
    name: setting,
    got: workload[setting],
    mustBe: `removed, because it has an effect only with ${only}`,
  }));
}
