import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { creatorFaults } from "./admins.ts";
import { sentencesOf } from "../app/contract/fault.ts";
import { lossFaults, type GuardedSettings, type LastUp } from "./lossGuard.ts";

/**
 * Rejects, before anything is created, what EKS would reject in the middle of an update: an older Kubernetes version than
 * the cluster has, which EKS may have upgraded, and the cluster's creator among the admins.
 *
 * @returns ARN of the cluster's creator; undefined if an earlier release created it, which did not record that
 * @throws pulumi.RunError naming every such setting at once
 */
export async function checkCluster(
  now: GuardedSettings,
  admins: readonly string[],
  lastUp: LastUp | undefined,
  opts: pulumi.InvokeOptions,
): Promise<string | undefined> {
  const creator =
    lastUp === undefined ? (await aws.getCallerIdentity({}, opts)).arn : lastUp.creator;
  const kubernetesVersion = (await versionOf(now.name, opts)) ?? now.kubernetesVersion;
  const faults = [
    ...lossFaults({ ...now, kubernetesVersion }, now),
    ...creatorFaults(admins, creator),
  ];
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
  return creator;
}

/** A cluster's Kubernetes version; undefined if there is no such cluster. */
async function versionOf(cluster: string, opts: pulumi.InvokeOptions): Promise<string | undefined> {
  // AWS fails if it is asked for a cluster that does not exist.
  const { names } = await aws.eks.getClusters({}, opts);
  return names.includes(cluster)
    ? (await aws.eks.getCluster({ name: cluster }, opts)).version
    : undefined;
}
