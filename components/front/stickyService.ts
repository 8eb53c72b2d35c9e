import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf } from "../../app/contract/fault.ts";
import { withDefaults } from "../defaults.ts";
import { LOAD_BALANCER_TIMEOUTS, loadBalancerHostname } from "./loadBalancerHostname.ts";
import {
  NETWORK_DEFAULTS,
  serviceAnnotations,
  serviceFaults,
  type ListenerArgs,
} from "./nlbAnnotations.ts";

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

export interface StickyServiceArgs extends ListenerArgs {
  /** Namespace of the Service and of the pods. */
  namespace: pulumi.Input<string>;
  /** Labels of the pods behind the load balancer, which the Service gets, too. */
  selector: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Name or number of the pods' port. */
  targetPort: pulumi.Input<string | number>;
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

  /**
   * @param name of the Service; with scheme `internal` it gets the suffix `-internal`
   * @throws pulumi.ResourceError naming every arg that is wrong, before anything is created
   */
  constructor(name: string, args: StickyServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:StickyService", name, {}, opts);
    const listener = withDefaults(args, NETWORK_DEFAULTS);
    const faults = serviceFaults(listener);
    if (faults.length > 0) {
      throw new pulumi.ResourceError(sentencesOf(faults), this, true);
    }
    const isTls = args.certificateArn !== undefined;
    const service = new k8s.core.v1.Service(
      name,
      {
        metadata: {
          // A load balancer's scheme cannot be changed, so another scheme needs another name, which is created first.
          name: listener.scheme === "internal" ? `${name}-internal` : name,
          namespace: args.namespace,
          labels: args.selector,
          annotations: {
            ...serviceAnnotations(listener),
            // Pulumi must not wait for endpoints, because the pods wait for this Service.
            "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
          },
        },
        spec: {
          type: "LoadBalancer",
          loadBalancerClass: "service.k8s.aws/nlb",
          loadBalancerSourceRanges: [...listener.sourceRanges],
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
