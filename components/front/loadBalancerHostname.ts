import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { sentenceOf } from "../../app/contract/fault.ts";

const TIMEOUT = "15m";

/** Time in which the controller creates a load balancer, and AWS deletes one. */
export const LOAD_BALANCER_TIMEOUTS = { create: TIMEOUT, update: TIMEOUT, delete: TIMEOUT };

/** The status, which Kubernetes leaves empty until the load balancer exists. */
interface Status {
  loadBalancer?: { ingress?: { hostname?: string }[] };
}

/**
 * The name that AWS gives to the load balancer of a Service or an Ingress. In a preview it is unknown while there is no load
 * balancer, as after a wait that timed out, because the next update waits again.
 *
 * @throws pulumi.ResourceError in an update whose wait timed out
 */
export function loadBalancerHostname(
  owner: k8s.core.v1.Service | k8s.networking.v1.Ingress,
): pulumi.Output<string> {
  return pulumi
    .all([owner.kind, owner.metadata, owner.status])
    .apply(([kind, { name, namespace }, status]) => {
      const [first] = (status as Status | undefined)?.loadBalancer?.ingress ?? [];
      if (first?.hostname !== undefined) {
        return first.hostname;
      }
      if (pulumi.runtime.isDryRun()) {
        return pulumi.unknown as unknown as string;
      }
      throw new pulumi.ResourceError(
        sentenceOf({
          name: `${kind} ${namespace}/${name}`,
          problem: `has no load balancer after ${TIMEOUT}`,
          mustBe: "given one by the load balancer controller",
          fix: `find the reason with kubectl describe ${kind.toLowerCase()} ${name} --namespace ${namespace}`,
        }),
        owner,
        true,
      );
    });
}
