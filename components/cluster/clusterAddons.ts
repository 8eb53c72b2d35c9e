import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { START_SECONDS } from "../workload/startDeadlines.ts";

/** How long Pulumi waits for the pods of an add-on. */
const TIMEOUT = `${START_SECONDS}s`;

export interface ClusterAddonsArgs {
  clusterName: pulumi.Input<string>;
  kubernetesVersion: string;
  /** Installs the metrics-server, which autoscalers need. */
  metricsServer: boolean;
}

/**
 * Creates the add-ons of a cluster on Fargate, in the versions that are AWS's defaults for its Kubernetes version.
 *
 * @param opts `dependsOn`: what pods in `kube-system` need to start
 */
export function clusterAddons(
  name: string,
  args: ClusterAddonsArgs,
  { parent, dependsOn }: { parent: pulumi.Resource; dependsOn: pulumi.Resource[] },
): { dns: aws.eks.Addon; metricsServer: aws.eks.Addon | undefined } {
  const { clusterName, kubernetesVersion } = args;
  const addon = (
    addonName: string,
    configuration: { configurationValues?: string },
    opts: pulumi.CustomResourceOptions,
  ): aws.eks.Addon =>
    new aws.eks.Addon(
      `${name}-${addonName}`,
      {
        clusterName,
        addonName,
        addonVersion: aws.eks.getAddonVersionOutput({ addonName, kubernetesVersion }, { parent })
          .version,
        ...configuration,
        resolveConflictsOnCreate: "OVERWRITE",
        resolveConflictsOnUpdate: "OVERWRITE",
      },
      { parent, customTimeouts: { create: TIMEOUT, update: TIMEOUT }, ...opts },
    );
  // They have no pods on Fargate, but others who run it install both (terraform-aws-eks, tests/fargate-profile). AWS does not
  // document whether a Fargate pod's own kube-proxy gets its role without the first; without it no pod resolves a name.
  const network = ["kube-proxy", "vpc-cni"].map((each) => addon(each, {}, {}));
  // Until a profile selects its pods they are pending, and the add-on is degraded.
  const onFargate = { configurationValues: JSON.stringify({ computeType: "Fargate" }) };
  const dns = addon("coredns", onFargate, { dependsOn: [...dependsOn, ...network] });
  return {
    dns,
    // Not protected, because turning autoscaling off removes it.
    metricsServer: args.metricsServer
      ? addon("metrics-server", {}, { dependsOn: dns, protect: false })
      : undefined,
  };
}
