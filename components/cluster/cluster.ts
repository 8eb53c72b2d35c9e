import type * as pulumi from "@pulumi/pulumi";
import { ExistingCluster } from "./existingCluster.ts";
import { ExistingController } from "./existingController.ts";
import { FargateCluster, type FargateClusterArgs } from "./fargateCluster.ts";
import {
  LoadBalancerController,
  type LoadBalancerControllerArgs,
} from "./loadBalancerController.ts";

export interface ClusterArgs extends FargateClusterArgs {
  /** An existing cluster, and whether pods run on its nodes. @default - a new one on Fargate */
  existingCluster?: { name: string; nodes: boolean } | undefined;
}

export type StackCluster = FargateCluster | ExistingCluster;

/** Creates a cluster, or uses an existing one. */
export function createCluster(
  name: string,
  { existingCluster: existing, ...created }: ClusterArgs,
  opts: pulumi.ComponentResourceOptions,
): StackCluster {
  const { metricsServer, network } = created;
  return existing === undefined
    ? new FargateCluster(name, created, opts)
    : new ExistingCluster(
        name,
        { clusterName: existing.name, nodes: existing.nodes, network, metricsServer },
        opts,
      );
}

export interface ControllerArgs extends LoadBalancerControllerArgs {
  /** Whether others have installed a controller in the cluster. */
  isExisting: boolean;
}

/** Installs a load balancer controller, or uses an existing one. */
export function createController(
  name: string,
  { isExisting, ...installed }: ControllerArgs,
  opts: pulumi.ComponentResourceOptions,
): LoadBalancerController | ExistingController {
  return isExisting
    ? new ExistingController(name, opts)
    : new LoadBalancerController(name, installed, opts);
}
