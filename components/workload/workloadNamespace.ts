import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A workload's own namespace, whose pods get readiness gates from the controller and must be restricted. */
export function workloadNamespace(
  name: string,
  opts: { parent: pulumi.Resource },
): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(
    name,
    {
      metadata: {
        name,
        labels: {
          "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
          "pod-security.kubernetes.io/enforce": "restricted",
        },
      },
    },
    opts,
  );
}
