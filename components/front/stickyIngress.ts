import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf } from "../../app/contract/fault.ts";
import { withDefaults, type Complete } from "../defaults.ts";
import {
  APPLICATION_DEFAULTS,
  ingressAnnotations,
  ingressFaults,
  type IngressListenerArgs,
} from "./ingressAnnotations.ts";
import { LOAD_BALANCER_TIMEOUTS, loadBalancerHostname } from "./loadBalancerHostname.ts";

/** The Service's only port, which only the Ingress refers to, because targets are pods. */
const PORT = { name: "http", number: 80 };

export interface StickyIngressArgs extends IngressListenerArgs {
  /** Namespace of the Ingress and of the pods. */
  namespace: pulumi.Input<string>;
  /** Labels of the pods behind the load balancer, which the Ingress gets, too. */
  selector: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Name or number of the pods' port. */
  targetPort: pulumi.Input<string | number>;
}

/**
 * An Ingress that becomes an Application Load Balancer, which keeps every browser on its replica while the browser has the
 * app's cookie. USD 0.0225 an hour plus USD 0.008 per capacity unit and hour (us-east-1, 2026-11).
 *
 * Create pods after it, because the controller adds its readiness gate only to pods that are created after the Ingress's
 * target group.
 */
export class StickyIngress extends pulumi.ComponentResource {
  /** Known when the load balancer exists. */
  readonly namespace: pulumi.Output<string>;
  /** The name that AWS gives to the load balancer. */
  readonly hostname: pulumi.Output<string>;

  /**
   * @param name of the Ingress and its Service; with scheme `internal` the Ingress gets the suffix `-internal`
   * @throws pulumi.ResourceError naming every arg that is wrong, before anything is created
   */
  constructor(name: string, args: StickyIngressArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:StickyIngress", name, {}, opts);
    const listener = withDefaults(args, APPLICATION_DEFAULTS);
    const faults = ingressFaults(listener);
    if (faults.length > 0) {
      throw new pulumi.ResourceError(sentencesOf(faults), this, true);
    }
    const service = this.#service(name, args);
    const ingress = this.#ingress(name, listener, service);
    // The dependency makes users of the namespace wait for the Ingress.
    this.namespace = pulumi.all([args.namespace, ingress.id]).apply(([each]) => each);
    this.hostname = loadBalancerHostname(ingress);
    this.registerOutputs({ namespace: this.namespace, hostname: this.hostname });
  }

  #service(
    name: string,
    { namespace, selector, targetPort }: StickyIngressArgs,
  ): k8s.core.v1.Service {
    return new k8s.core.v1.Service(
      name,
      {
        metadata: {
          name,
          namespace,
          labels: selector,
          // Pulumi must not wait for endpoints: the pods wait for the Ingress, which waits for this Service.
          annotations: { "pulumi.com/waitFor": "jsonpath={.spec.clusterIP}" },
        },
        spec: {
          type: "ClusterIP",
          selector,
          ports: [{ name: PORT.name, port: PORT.number, targetPort, protocol: "TCP" }],
        },
      },
      { parent: this },
    );
  }

  #ingress(
    name: string,
    args: Complete<StickyIngressArgs, typeof APPLICATION_DEFAULTS>,
    { metadata }: k8s.core.v1.Service,
  ): k8s.networking.v1.Ingress {
    const backend = { service: { name: metadata.name, port: { name: PORT.name } } };
    return new k8s.networking.v1.Ingress(
      name,
      {
        metadata: {
          // A load balancer's scheme cannot be changed, so another scheme needs another name, which is created first.
          name: args.scheme === "internal" ? `${name}-internal` : name,
          namespace: metadata.namespace,
          labels: args.selector,
          annotations: {
            ...ingressAnnotations(args),
            "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
          },
        },
        spec: {
          ingressClassName: "alb",
          rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        },
      },
      { parent: this, customTimeouts: LOAD_BALANCER_TIMEOUTS },
    );
  }
}
