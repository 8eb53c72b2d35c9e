import type * as pulumi from "@pulumi/pulumi";
import { wholeNumberFault, type Fault } from "../../app/contract/fault.ts";
import { WEBSOCKET_IDLE_SECONDS } from "../../app/contract/httpRouting.ts";
import type { Complete } from "../defaults.ts";
import { accessLogs, attributeList, prefixed, type Annotations } from "./annotations.ts";
import { LISTENER_DEFAULTS, listenerFaults } from "./listener.ts";

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";

/** Deregistration delay in seconds, which is shorter than any drain. */
const DEREGISTRATION_SECONDS = 120;

/**
 * Idle timeouts that a listener can have; TLS listeners always have the last one.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
 */
export const NETWORK_IDLE_SECONDS = { min: 60, max: 6000, tls: WEBSOCKET_IDLE_SECONDS };

/** Settings of a listener in which the defaults are set. */
export type NetworkListener = Complete<ListenerArgs, typeof NETWORK_DEFAULTS>;

/** Settings of the listener, the target group and their load balancer. */
export interface ListenerArgs {
  /** `source-ip` keeps every source address on its replica; `none` chooses a replica for each connection. @default source-ip */
  affinity?: "source-ip" | "none" | undefined;
  /** Whether clients reach the load balancer from the internet, or only from the VPC. @default internet-facing */
  scheme?: "internet-facing" | "internal" | undefined;
  /** CIDR blocks that may connect, at least one. @default ["0.0.0.0/0"] */
  sourceRanges?: readonly string[] | undefined;
  /** Whether the load balancer's nodes send to replicas in all zones, which `source-ip` requires. @default true */
  crossZone?: boolean | undefined;
  /** Seconds without data after which a connection is closed, from 60 to 6000; always 350 with a certificate. @default 350 */
  idleTimeoutSeconds?: number | undefined;
  /** Begins each connection to a target, also those of health checks, with a PROXY protocol header. @default false */
  proxyProtocol?: boolean | undefined;
  /** Path of the health check, which must answer 200 while a replica accepts new work. @default / */
  readinessPath?: string | undefined;
  /** ARN of an ACM certificate, which makes the listener a TLS listener. @default - TCP */
  certificateArn?: pulumi.Input<string> | undefined;
  /** Security policy of the TLS listener. @default ELBSecurityPolicy-TLS13-1-2-2021-06 */
  tlsPolicy?: pulumi.Input<string> | undefined;
  /** S3 bucket for access logs, which AWS writes for TLS listeners only. @default - none */
  accessLogsBucket?: string | undefined;
}

export const NETWORK_DEFAULTS = {
  ...LISTENER_DEFAULTS,
  affinity: "source-ip",
  crossZone: true,
} as const satisfies ListenerArgs;

/** What is wrong with a zone setting; undefined if nothing is. */
export function crossZoneFault({
  affinity,
  crossZone,
}: Pick<ListenerArgs, "crossZone"> & { affinity?: string | undefined }): Fault | undefined {
  return affinity === "source-ip" && crossZone === false
    ? {
        name: "crossZone",
        got: crossZone,
        mustBe:
          "true with affinity source-ip, because a client that resolves to another zone's address would change its replica",
        fix: "set crossZone to true, or affinity to none",
      }
    : undefined;
}

/**
 * What is wrong with the idle time of a TLS listener, which AWS fixes; undefined if nothing is. The key router behind one may have a
 * shorter one.
 */
export function tlsIdleFault(idleTimeoutSeconds: number, affinity: string): Fault | undefined {
  const { tls } = NETWORK_IDLE_SECONDS;
  const isRouter = affinity === "key";
  return idleTimeoutSeconds === tls || (isRouter && idleTimeoutSeconds < tls)
    ? undefined
    : {
        name: "idleTimeoutSeconds",
        got: idleTimeoutSeconds,
        mustBe: `${isRouter ? "at most " : ""}${tls} with TLS, because AWS fixes it for TLS listeners`,
        fix: "remove idleTimeoutSeconds",
      };
}

/** What is wrong with the settings of a load balancer that the controller would notice too late, or not at all. */
export function serviceFaults(args: NetworkListener): Fault[] {
  const { certificateArn, idleTimeoutSeconds } = args;
  const { min, max } = NETWORK_IDLE_SECONDS;
  const faults = [
    crossZoneFault(args),
    certificateArn === undefined
      ? wholeNumberFault("idleTimeoutSeconds", idleTimeoutSeconds, min, max)
      : tlsIdleFault(idleTimeoutSeconds, args.affinity),
  ];
  return [...listenerFaults(args), ...faults.filter((fault) => fault !== undefined)];
}

/**
 * Annotations that make the controller create a sticky Network Load Balancer for a Service.
 *
 * Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/
 */
export function serviceAnnotations(args: NetworkListener): Annotations {
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
