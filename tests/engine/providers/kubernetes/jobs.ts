import type { Properties } from "../cloud.ts";
import type { Cluster, KubernetesObject } from "./objects.ts";

/** Has the provider replace a Job that has not succeeded. Source: `Diff` in `provider/pkg/provider/provider.go` of https://github.com/pulumi/pulumi-kubernetes. */
export const REPLACES_UNREADY = "pulumi.com/replaceUnready";

interface Condition {
  type: "Complete" | "Failed";
  status: "True";
  reason?: string;
  message?: string;
}

/**
 * The status of a Job, which runs once: with its pods, its deadline, or as often as it may be retried.
 *
 * @param podsFault why its pods do not start
 */
export function jobStatus(
  { cloud }: Cluster,
  job: KubernetesObject,
  podsFault: string | undefined,
): Properties {
  if (job.status !== undefined && conditionsOf(job).length > 0) {
    return job.status;
  }
  const startTime = "2026-11-28T00:00:00Z";
  const conditions: Condition[] = [
    podsFault !== undefined
      ? failed("DeadlineExceeded", "Job was active longer than specified deadline")
      : cloud.jobsFail
        ? failed("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        : { type: "Complete", status: "True" },
  ];
  return { startTime, conditions };
}

/** Why a Job has not succeeded; none where it has. Source: `provider/pkg/await/checker/job/check.go` of https://github.com/pulumi/pulumi-kubernetes. */
export function failureOf(job: KubernetesObject): string[] {
  return conditionsOf(job)
    .filter(({ type }) => type === "Failed")
    .map(({ message, reason }) => `[${reason}] ${message}`);
}

export function isComplete(job: KubernetesObject): boolean {
  return conditionsOf(job).some(({ type }) => type === "Complete");
}

function failed(reason: string, message: string): Condition {
  return { type: "Failed", status: "True", reason, message };
}

function conditionsOf({ status }: KubernetesObject): Condition[] {
  return (status?.conditions ?? []) as Condition[];
}
