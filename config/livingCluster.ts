import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { creatorFaults } from "./admins.ts";
import { sentencesOf } from "../app/contract/fault.ts";
import { lossFaults, type GuardedSettings, type LastUp } from "./lossGuard.ts";

/** ARN of who made the cluster, or makes it now; undefined where an earlier release made it, which kept no note of that. */
export async function creatorOf(
  lastUp: LastUp | undefined,
  opts: pulumi.InvokeOptions,
): Promise<string | undefined> {
  return lastUp === undefined ? (await aws.getCallerIdentity({}, opts)).arn : lastUp.creator;
}

/**
 * Refuses, before anything is made, what EKS would refuse in the middle: an older Kubernetes than the cluster has, which EKS
 * may have upgraded, and the creator among the admins.
 *
 * @throws pulumi.RunError naming every such setting at once
 */
export async function refuseConflicts(
  now: GuardedSettings,
  admins: readonly string[],
  creator: string | undefined,
  opts: pulumi.InvokeOptions,
): Promise<void> {
  const kubernetesVersion = (await versionOf(now.name, opts)) ?? now.kubernetesVersion;
  const faults = [
    ...lossFaults({ ...now, kubernetesVersion }, now),
    ...creatorFaults(admins, creator),
  ];
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
}

/** Version of Kubernetes that a cluster has; undefined where there is no cluster. */
async function versionOf(cluster: string, opts: pulumi.InvokeOptions): Promise<string | undefined> {
  // Asked for a cluster that is not there, AWS fails.
  const { names } = await aws.eks.getClusters({}, opts);
  return names.includes(cluster)
    ? (await aws.eks.getCluster({ name: cluster }, opts)).version
    : undefined;
}
