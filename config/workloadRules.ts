import { getDomain } from "tldts";
import type { Affinity } from "../app/contract/catalogue.ts";
import type { Fault } from "../app/contract/fault.ts";
import { sizeFault } from "../components/workload/fargateSize.ts";
import type { Settings } from "./stackSettings.ts";
import type { WorkloadDraft } from "./workloads.ts";

/** Idle time of TLS listeners, see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html */
const TLS_IDLE_SECONDS = 350;

/**
 * Seconds for which a load balancer may keep sending new connections to a replica that is leaving: about two minutes for an
 * NLB, the time that the controller needs to deregister it for an ALB, two health checks for HAProxy.
 */
const MIN_DRAIN_SECONDS: Record<Affinity, number> = {
  "source-ip": 150,
  none: 150,
  cookie: 60,
  key: 10,
};

/** The reason for each of these times. */
const SENDERS: Record<Affinity, string> = {
  "source-ip": "a Network Load Balancer keeps sending connections for two minutes",
  none: "a Network Load Balancer keeps sending connections for two minutes",
  cookie: "an Application Load Balancer keeps sending requests for up to a minute",
  key: "the key router keeps sending requests for some seconds",
};

/** A rule between a workload's settings and those of its stack, without those that are wrong by themselves. */
type Rule<Draft = WorkloadDraft> = (workload: Draft, stack: Partial<Settings>) => Fault | undefined;

/** What is wrong between a workload's settings, and between them and its stack's. */
export function workloadFaults(workload: WorkloadDraft, stack: Partial<Settings>): Fault[] {
  const rules: Rule[] = [drainFault, autoscalerFault, sizeFaultOf, dnsFault, siteFault];
  const faults = [
    ...rules.map((rule) => rule(workload, stack)),
    ...(workload.app === "echo" ? LISTENER_RULES.map((rule) => rule(workload, stack)) : []),
  ];
  return faults.filter((fault) => fault !== undefined);
}

function drainFault({ affinity, drainSeconds }: WorkloadDraft): Fault | undefined {
  if (affinity === undefined || drainSeconds === undefined) {
    return undefined;
  }
  const min = MIN_DRAIN_SECONDS[affinity];
  return drainSeconds < min
    ? {
        name: "drainSeconds",
        got: drainSeconds,
        mustBe: `from ${min} to 3600 with affinity ${affinity}, because ${SENDERS[affinity]}`,
        example: String(min),
      }
    : undefined;
}

function autoscalerFault({ replicas, maxReplicas }: WorkloadDraft): Fault | undefined {
  return replicas !== undefined && maxReplicas !== undefined && maxReplicas <= replicas
    ? {
        name: "maxReplicas",
        got: maxReplicas,
        mustBe: `more than ${replicas} (replicas)`,
        example: String(replicas * 2),
        fix: "omit it to disable autoscaling",
      }
    : undefined;
}

function sizeFaultOf({ cpuMillicores, memoryMiB }: WorkloadDraft): Fault | undefined {
  return cpuMillicores === undefined || memoryMiB === undefined
    ? undefined
    : sizeFault({ cpuMillicores, memoryMiB });
}

function dnsFault({ dnsName }: WorkloadDraft, stack: Partial<Settings>): Fault | undefined {
  return dnsName !== undefined && "hostedZoneId" in stack && stack.hostedZoneId === undefined
    ? {
        name: "dnsName",
        got: dnsName,
        mustBe: "in the Route 53 hosted zone that hostedZoneId names",
        fix: "set hostedZoneId, or remove dnsName",
      }
    : undefined;
}

/** Browsers send cookies from a page of another site only over TLS. */
function siteFault(workload: WorkloadDraft, stack: Partial<Settings>): Fault | undefined {
  const { affinity, allowedOrigins = [], dnsName } = workload;
  const isPlain = "certificateArn" in stack && stack.certificateArn === undefined;
  if (affinity !== "cookie" || !isPlain || !("dnsName" in workload)) {
    return undefined;
  }
  return allowedOrigins.some((origin) => !isSameSite(origin, dnsName))
    ? {
        name: "allowedOrigins",
        got: allowedOrigins,
        mustBe:
          "pages of the workload's own site with affinity cookie and without certificateArn, because browsers send cookies to another site only over TLS",
        fix: "set certificateArn, or affinity to key",
      }
    : undefined;
}

/** Whether a page is on the same site as a workload without TLS: same scheme, same registrable domain. */
function isSameSite(origin: string, dnsName: string | undefined): boolean {
  const options = { allowPrivateDomains: true };
  const site = dnsName === undefined ? null : getDomain(dnsName, options);
  return site !== null && origin.startsWith("http://") && getDomain(origin, options) === site;
}

/** Rules for a Network Load Balancer that sends connections to replicas directly. */
const LISTENER_RULES: readonly Rule<WorkloadDraft & { app: "echo" }>[] = [
  ({ affinity, crossZone }) =>
    affinity === "source-ip" && crossZone === false
      ? {
          name: "crossZone",
          got: crossZone,
          mustBe:
            "true with affinity source-ip, because a client that resolves to another zone's address would change its replica",
          fix: "set crossZone to true, or affinity to none",
        }
      : undefined,
  ({ idleTimeoutSeconds }, { certificateArn }) =>
    certificateArn !== undefined &&
    idleTimeoutSeconds !== undefined &&
    idleTimeoutSeconds !== TLS_IDLE_SECONDS
      ? {
          name: "idleTimeoutSeconds",
          got: idleTimeoutSeconds,
          mustBe: `${TLS_IDLE_SECONDS} with certificateArn, because AWS fixes it for TLS listeners`,
          fix: "remove idleTimeoutSeconds",
        }
      : undefined,
];
