import { accessLogs, attributeList, prefixed } from "./annotations.ts";

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";

/** Seconds for which a deregistered target keeps its connections; a drain is longer. */
const DEREGISTRATION_SECONDS = 120;

/** The listener, the target group and their load balancer. */
export interface ListenerArgs {
  /** `source-ip` keeps every source address on its target. */
  affinity: "source-ip" | "none";
  /** Where the load balancer is reachable. */
  scheme: "internet-facing" | "internal";
  /** Whether the address in one zone sends to targets in all zones. */
  crossZone: boolean;
  /** Seconds without data after which a TCP connection is closed; TLS listeners have 350. */
  idleTimeoutSeconds: number;
  /** Has each connection to a target, of health checks, too, begin with the client's address. @default false */
  proxyProtocol?: boolean | undefined;
  /** Path of the readiness check, which the pods' own probe asks, too. */
  readinessPath: string;
  /** ARN of an ACM certificate; makes a TLS listener. @default - TCP */
  certificateArn?: string | undefined;
  /** Security policy of the TLS listener. */
  tlsPolicy: string;
  /** S3 bucket for access logs, which AWS writes for TLS listeners only. @default - none */
  accessLogsBucket?: string | undefined;
}

/**
 * Annotations of a Service from which the controller makes a sticky Network Load Balancer.
 *
 * Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
 */
export function serviceAnnotations(args: ListenerArgs): Record<string, string> {
  return prefixed(PREFIX, {
    // The class alone means instance targets and an internal scheme.
    "nlb-target-type": "ip",
    scheme: args.scheme,
    attributes: attributeList({
      "load_balancing.cross_zone.enabled": args.crossZone,
      ...accessLogs(args.accessLogsBucket),
    }),
    "target-group-attributes": attributeList({
      // Leaving the keys out would not turn stickiness off.
      ...(args.affinity === "source-ip"
        ? { "stickiness.enabled": true, "stickiness.type": "source_ip" }
        : { "stickiness.enabled": false }),
      "deregistration_delay.timeout_seconds": DEREGISTRATION_SECONDS,
      // A replica ends its sessions itself, in batches; the load balancer would end all at once.
      "deregistration_delay.connection_termination.enabled": false,
      "target_health_state.unhealthy.connection_termination.enabled": false,
      // Has black-holed traffic: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/3521
      "preserve_client_ip.enabled": false,
      // Left out the controller turns it off.
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
