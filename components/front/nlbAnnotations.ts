import type * as pulumi from "@pulumi/pulumi";
import { WEBSOCKET_IDLE_SECONDS } from "../../app/contract/httpRouting.ts";
import { accessLogs, attributeList, prefixed, type Annotations } from "./annotations.ts";

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";

/** Deregistration delay in seconds, which is shorter than any drain. */
const DEREGISTRATION_SECONDS = 120;

/**
 * Idle timeouts that a listener can have; TLS listeners always have the last one.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
 */
export const NETWORK_IDLE_SECONDS = { min: 60, max: 6000, tls: WEBSOCKET_IDLE_SECONDS };

/** Settings of the listener, the target group and their load balancer. */
export interface ListenerArgs {
  /** `source-ip` keeps every source address on its target. */
  affinity: "source-ip" | "none";
  /** Where the load balancer is reachable. */
  scheme: "internet-facing" | "internal";
  /** Whether the load balancer's nodes send to targets in all zones. */
  crossZone: boolean;
  /** Seconds without data after which a TCP connection is closed; 350 for TLS listeners. */
  idleTimeoutSeconds: number;
  /** Begins each connection to a target, also those of health checks, with a PROXY protocol header. @default false */
  proxyProtocol?: boolean | undefined;
  /** Path of the readiness check, which the pods' own probe uses as well. */
  readinessPath: string;
  /** ARN of an ACM certificate, which makes the listener a TLS listener. @default - TCP */
  certificateArn?: pulumi.Input<string> | undefined;
  /** Security policy of the TLS listener. */
  tlsPolicy: string;
  /** S3 bucket for access logs, which AWS writes for TLS listeners only. @default - none */
  accessLogsBucket?: string | undefined;
}

/**
 * Annotations that make the controller create a sticky Network Load Balancer for a Service.
 *
 * Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
 */
export function serviceAnnotations(args: ListenerArgs): Annotations {
  return prefixed(PREFIX, {
    // The default of the class is instance targets and an internal scheme.
    "nlb-target-type": "ip",
    scheme: args.scheme,
    attributes: attributeList({
      "load_balancing.cross_zone.enabled": args.crossZone,
      ...accessLogs(args.accessLogsBucket),
    }),
    "target-group-attributes": attributeList({
      // Omitting the keys would not turn stickiness off.
      ...(args.affinity === "source-ip"
        ? { "stickiness.enabled": true, "stickiness.type": "source_ip" }
        : { "stickiness.enabled": false }),
      "deregistration_delay.timeout_seconds": DEREGISTRATION_SECONDS,
      // A replica closes its sessions itself, in batches. The load balancer would close all at once.
      "deregistration_delay.connection_termination.enabled": false,
      "target_health_state.unhealthy.connection_termination.enabled": false,
      // Has black-holed traffic: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3521
      "preserve_client_ip.enabled": false,
      // The controller turns it off if it is omitted.
      ...(args.proxyProtocol === true ? { "proxy_protocol_v2.enabled": true } : {}),
    }),
    "healthcheck-protocol": "http",
    "healthcheck-path": args.readinessPath,
    "healthcheck-port": "traffic-port",
    "healthcheck-success-codes": "200",
    "healthcheck-interval": "10",
    "healthcheck-timeout": "6",
    "healthcheck-healthy-threshold": "2",
    "healthcheck-unhealthy-threshold": "2",
    "backend-protocol": "tcp",
    ...(args.certificateArn === undefined
      ? {
          "listener-attributes.TCP-80": attributeList({
            "tcp.idle_timeout.seconds": args.idleTimeoutSeconds,
          }),
        }
      : {
          "ssl-cert": args.certificateArn,
          "ssl-ports": "443",
          "ssl-negotiation-policy": args.tlsPolicy,
        }),
  });
}
