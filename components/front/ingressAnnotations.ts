import type * as pulumi from "@pulumi/pulumi";
import type { StickyCookie } from "../../app/contract/httpRouting.ts";
import { wholeNumberFault, type Fault } from "../../app/contract/fault.ts";
import type { Complete } from "../defaults.ts";
import { accessLogs, attributeList, prefixed, type Annotations } from "./annotations.ts";
import { LISTENER_DEFAULTS, listenerFaults } from "./listener.ts";

const PREFIX = "alb.ingress.kubernetes.io/";

/** Deregistration delay in seconds, which no drain is shorter than. */
const DEREGISTRATION_SECONDS = 60;

/**
 * Idle timeouts that a load balancer can have.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
 */
export const APPLICATION_IDLE_SECONDS = { min: 1, max: 4000 };

/** The longest time for which a load balancer follows a cookie, a week. */
const MAX_COOKIE_SECONDS = 604_800;

/** The ARN of a web ACL of AWS WAF that load balancers can have. */
export const REGIONAL_WEB_ACL = /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:regional\/webacl\/[\w-]+\/[\w-]+$/;

/** Settings of the listeners, the target group and their load balancer. */
export interface IngressListenerArgs {
  /** The cookie that keeps a browser on its replica. @default - one that the load balancer sets, for a day */
  cookie?: StickyCookie | undefined;
  /**
   * Seconds for which a connection, also a WebSocket, may be idle, and a response may take, from 1 to 4000. Replicas must keep
   * idle connections for longer. @default 350
   */
  idleTimeoutSeconds?: number | undefined;
  /** Whether clients reach the load balancer from the internet, or only from the VPC. @default internet-facing */
  scheme?: "internet-facing" | "internal" | undefined;
  /** CIDR blocks that may connect, at least one. @default ["0.0.0.0/0"] */
  sourceRanges?: readonly string[] | undefined;
  /** Path of the health check, which must answer 200 while a replica accepts new work. @default / */
  readinessPath?: string | undefined;
  /** ARN of an ACM certificate, which adds an HTTPS listener to which HTTP redirects. @default - HTTP */
  certificateArn?: pulumi.Input<string> | undefined;
  /** Security policy of the HTTPS listener. @default ELBSecurityPolicy-TLS13-1-2-2021-06 */
  tlsPolicy?: pulumi.Input<string> | undefined;
  /** ARN of a regional web ACL of AWS WAF. @default - none; one that others attach is removed */
  webAclArn?: pulumi.Input<string> | undefined;
  /** S3 bucket for access logs. @default - none */
  accessLogsBucket?: string | undefined;
}

export const APPLICATION_DEFAULTS = {
  ...LISTENER_DEFAULTS,
  cookie: { seconds: 86_400 },
} as const satisfies IngressListenerArgs;

/** Settings of a listener in which the defaults are set. */
export type ApplicationListener = Complete<IngressListenerArgs, typeof APPLICATION_DEFAULTS>;

/**
 * Annotations that make the controller create a sticky Application Load Balancer for an Ingress.
 *
 * Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
 */
export function ingressAnnotations(args: ApplicationListener): Annotations {
  return prefixed(PREFIX, {
    "target-type": "ip",
    scheme: args.scheme,
    "inbound-cidrs": args.sourceRanges.join(","),
    "load-balancer-attributes": attributeList({
      "idle_timeout.timeout_seconds": args.idleTimeoutSeconds,
      "routing.http.drop_invalid_header_fields.enabled": true,
      ...accessLogs(args.accessLogsBucket),
    }),
    "target-group-attributes": attributeList({
      "stickiness.enabled": true,
      ...(args.cookie.name === undefined
        ? {
            "stickiness.type": "lb_cookie",
            "stickiness.lb_cookie.duration_seconds": args.cookie.seconds,
          }
        : {
            "stickiness.type": "app_cookie",
            "stickiness.app_cookie.cookie_name": args.cookie.name,
            "stickiness.app_cookie.duration_seconds": args.cookie.seconds,
          }),
      "deregistration_delay.timeout_seconds": DEREGISTRATION_SECONDS,
    }),
    "backend-protocol": "HTTP",
    "healthcheck-protocol": "HTTP",
    "healthcheck-path": args.readinessPath,
    "healthcheck-port": "traffic-port",
    "success-codes": "200",
    "healthcheck-interval-seconds": "10",
    "healthcheck-timeout-seconds": "6",
    "healthy-threshold-count": "2",
    "unhealthy-threshold-count": "2",
    // Without the annotation the controller keeps a web ACL that was attached earlier.
    "wafv2-acl-arn": args.webAclArn ?? "none",
    ...(args.certificateArn === undefined
      ? { "listen-ports": JSON.stringify([{ HTTP: 80 }]) }
      : {
          "listen-ports": JSON.stringify([{ HTTP: 80 }, { HTTPS: 443 }]),
          "ssl-redirect": "443",
          "certificate-arn": args.certificateArn,
          "ssl-policy": args.tlsPolicy,
        }),
  });
}

/**
 * What is wrong with the settings of a load balancer that the controller would notice too late: the Ingress would stay
 * pending for ever, or be open to everybody.
 *
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
 */
export function ingressFaults(args: ApplicationListener): Fault[] {
  const { cookie, idleTimeoutSeconds, webAclArn } = args;
  const cookieName = { name: "cookie.name", got: cookie.name, example: "com-sticky" };
  const faults = [
    cookie.name?.startsWith("AWSALB") === true && {
      ...cookieName,
      mustBe: "a name that does not begin with AWSALB, because the load balancer uses such names",
    },
    // A token of RFC 9110, 5.6.2.
    !/^[\w!#$%&'*+.^`|~-]+$/.test(cookie.name ?? "by-load-balancer") && {
      ...cookieName,
      mustBe: "letters, digits and !#$%&'*+-.^_`|~",
    },
    wholeNumberFault("cookie.seconds", cookie.seconds, 1, MAX_COOKIE_SECONDS),
    wholeNumberFault(
      "idleTimeoutSeconds",
      idleTimeoutSeconds,
      APPLICATION_IDLE_SECONDS.min,
      APPLICATION_IDLE_SECONDS.max,
    ),
    ...listenerFaults(args),
    typeof webAclArn === "string" &&
      !REGIONAL_WEB_ACL.test(webAclArn) && {
        name: "webAclArn",
        got: webAclArn,
        mustBe: "the ARN of a regional web ACL",
        example: "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/apps/a1b2",
      },
  ];
  return faults.filter((fault) => typeof fault === "object");
}
