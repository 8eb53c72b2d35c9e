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
 * A Service that is a Network Load Balancer, which keeps every source address on its replica. USD 0.0225 an hour and 0.006 per capacity unit and hour (us-east-1, 2026-11).
 *
 * Pods come after it: the controller puts its readiness gate only into pods that are created when the
 * Service's target group is there.
 */
export class StickyService extends pulumi.ComponentResource {
  /** Known when the load balancer is there. */
  readonly namespace: pulumi.Output<string>;
  /** AWS's own name of the load balancer. */
  readonly hostname: pulumi.Output<string>;

  constructor(name: string, args: StickyServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:StickyService", name, {}, opts);
    const isTls = args.certificateArn !== undefined;
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: {
          // The scheme of a load balancer cannot be changed; another name makes another one beforehand.
          name: args.scheme === "internal" ? `${name}-internal` : name,
          namespace: args.namespace,
          labels: args.selector,
          annotations: {
            ...serviceAnnotations(args),
            // Not for endpoints, as Pulumi would: the pods wait for this Service.
            "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
          },
        },
        spec: {
          type: "LoadBalancer",
          loadBalancerClass: "service.k8s.aws/nlb",
          loadBalancerSourceRanges: args.sourceRanges,
          // The load balancer sends to pods, there are no nodes.
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
    // Whoever uses the namespace waits for the Service in it.
    this.namespace = pulumi.all([args.namespace, service.id]).apply(([each]) => each);
    this.hostname = loadBalancerHostname(service);
    this.registerOutputs({ namespace: this.namespace, hostname: this.hostname });
  }
}
