import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { LOAD_BALANCER_TIMEOUTS, loadBalancerHostname } from "./loadBalancerHostname.ts";
import { serviceAnnotations, type ListenerArgs } from "./nlbAnnotations.ts";

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

export interface StickyServiceArgs extends ListenerArgs {
  namespace: pulumi.Input<string>;
  /** Labels of the pods behind the load balancer. */
  selector: Record<string, string>;
  /** Name of the pods' port. */
  targetPort: string;
  /** CIDR blocks that may connect. */
  sourceRanges: string[];
}

/**
 * A Service that becomes a Network Load Balancer, which keeps every source address on its replica. USD 0.0225 an hour plus
 * USD 0.006 per capacity unit and hour (us-east-1, 2026-11).
 *
 * Create pods after it, because the controller adds its readiness gate only to pods that are created after the Service's
 * target group.
 */
export class StickyService extends pulumi.ComponentResource {
  /** Known when the load balancer exists. */
  readonly namespace: pulumi.Output<string>;
  /** The name that AWS gives to the load balancer. */
  readonly hostname: pulumi.Output<string>;

  constructor(name: string, args: StickyServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:StickyService", name, {}, opts);
    const isTls = args.certificateArn !== undefined;
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: {
          // A load balancer's scheme cannot be changed, so another scheme needs another name, which is created first.
          name: args.scheme === "internal" ? `${name}-internal` : name,
          namespace: args.namespace,
          labels: args.selector,
          annotations: {
            ...serviceAnnotations(args),
            // Pulumi must not wait for endpoints, because the pods wait for this Service.
            "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
          },
        },
        spec: {
          type: "LoadBalancer",
          loadBalancerClass: "service.k8s.aws/nlb",
          loadBalancerSourceRanges: args.sourceRanges,
          // There are no nodes: the load balancer sends to pods.
          allocateLoadBalancerNodePorts: false,
          selector: args.selector,
          ports: [
            {
              name: isTls ? "https" : "http",
              port: isTls ? HTTPS_PORT : HTTP_PORT,
              targetPort: args.targetPort,
              protocol: "TCP",
            },
          ],
        },
      },
      { parent: this, customTimeouts: LOAD_BALANCER_TIMEOUTS },
    );
    // The dependency makes users of the namespace wait for the Service.
    this.namespace = pulumi.all([args.namespace, service.id]).apply(([each]) => each);
    this.hostname = loadBalancerHostname(service);
    this.registerOutputs({ namespace: this.namespace, hostname: this.hostname });
  }
}
