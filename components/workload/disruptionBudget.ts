import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Lets Fargate evict one pod at a time to patch it. Pods that are not ready never prevent that. */
export function disruptionBudget(
  name: string,
  metadata: k8s.types.input.meta.v1.ObjectMeta,
  selector: k8s.types.input.meta.v1.LabelSelector,
  opts: { parent: pulumi.Resource },
): k8s.policy.v1.PodDisruptionBudget {
  return new k8s.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata,
      spec: { selector, maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    },
    opts,
  );
}
