import { getDomain } from "tldts";
import { shown } from "../app/common/shown.ts";
import { sizeFault } from "../components/workload/fargateSize.ts";
import type { Settings } from "./stackSettings.ts";
import type { Affinity, WorkloadDraft } from "./workloads.ts";

/** Fixed for TLS: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html */
const TLS_IDLE_SECONDS = 350;

/**
 * Seconds for which a load balancer may go on sending new connections to a replica that leaves: an NLB some two
 * minutes, an ALB for the time that the controller needs to tell it, HAProxy until its next two health checks.
 */
const MIN_DRAIN_SECONDS: Record<Affinity, number> = {
  "source-ip": 150,
  none: 150,
  cookie: 60,
  key: 10,
};

const SENDERS: Record<Affinity, string> = {
  "source-ip": "a Network Load Balancer goes on sending connections for two minutes",
  none: "a Network Load Balancer goes on sending connections for two minutes",
  cookie: "an Application Load Balancer goes on sending requests for up to a minute",
  key: "the key router goes on sending requests for some seconds",
};

/** What is wrong between a workload's settings and with those of its stack; wrong ones are left out. */
export function workloadFaults(workload: WorkloadDraft, stack: Partial<Settings>): string[] {
  const faults = [drainFault, autoscalerFault, sizeFaultOf, dnsFault, siteFault].map((rule) =>
    rule(workload, stack),
  );
  const listener = workload.app === "echo" ? listenerFaults(workload, stack) : [];
  return [...faults, ...listener].filter((fault) => fault !== undefined);
}

function drainFault({ affinity, drainSeconds }: WorkloadDraft): string | undefined {
  if (affinity === undefined || drainSeconds === undefined) {
    return undefined;
  }
  const min = MIN_DRAIN_SECONDS[affinity];
  return drainSeconds < min
    ? `drainSeconds is ${drainSeconds}: ${SENDERS[affinity]}, with affinity ${affinity} allowed is ${min} to 3600; for example ${min}`
    : undefined;
}

function autoscalerFault({ replicas, maxReplicas }: WorkloadDraft): string | undefined {
  return replicas !== undefined && maxReplicas !== undefined && maxReplicas <= replicas
    ? `maxReplicas is ${maxReplicas}: allowed is more than ${replicas} (replicas), or none for no autoscaler; for example ${replicas * 2}`
    : undefined;
}

function sizeFaultOf({ cpuMillicores, memoryMiB }: WorkloadDraft): string | undefined {
  if (cpuMillicores === undefined || memoryMiB === undefined) {
    return undefined;
  }
  const fault = sizeFault({ cpuMillicores, memoryMiB });
  return fault === undefined
    ? undefined
    : `cpuMillicores is ${cpuMillicores} and memoryMiB is ${memoryMiB}: Fargate has no such size, ${fault}; for example 250 and 512`;
}

function dnsFault({ dnsName }: WorkloadDraft, stack: Partial<Settings>): string | undefined {
  return dnsName !== undefined && "hostedZoneId" in stack && stack.hostedZoneId === undefined
    ? `dnsName is ${shown(dnsName)}: it needs hostedZoneId, the Route 53 hosted zone that the name is in; set hostedZoneId, or leave dnsName out`
    : undefined;
}

/** Browsers send a cookie from a page of another site under TLS only. */
function siteFault(workload: WorkloadDraft, stack: Partial<Settings>): string | undefined {
  const { affinity, allowedOrigins = [], dnsName } = workload;
  const isPlain = "certificateArn" in stack && stack.certificateArn === undefined;
  if (affinity !== "cookie" || !isPlain || !("dnsName" in workload)) {
    return undefined;
  }
  return allowedOrigins.some((origin) => !isSameSite(origin, dnsName))
    ? `allowedOrigins is ${shown(allowedOrigins)}: from a page of another site browsers send cookies under TLS only, with affinity cookie and without certificateArn allowed are pages of the workload's own site; set certificateArn, or affinity to key`
    : undefined;
}

/** Whether a page has the site of a workload without TLS: a scheme and a registrable domain. */
function isSameSite(origin: string, dnsName: string | undefined): boolean {
  const options = { allowPrivateDomains: true };
  const site = dnsName === undefined ? null : getDomain(dnsName, options);
  return site !== null && origin.startsWith("http://") && getDomain(origin, options) === site;
}

/** Of the NLB in front of the replicas themselves. */
function listenerFaults(
  { affinity, crossZone, idleTimeoutSeconds, targetProtocol }: WorkloadDraft & { app: "echo" },
  stack: Partial<Settings>,
): (string | undefined)[] {
  const isSticky = affinity === "source-ip";
  const isTcp = "certificateArn" in stack && stack.certificateArn === undefined;
  const isTls = stack.certificateArn !== undefined;
  return [
    isSticky && crossZone === false
      ? "crossZone is false: a client that resolves to another zone's address would change its replica, with affinity source-ip allowed is true; set crossZone to true or affinity to none"
      : undefined,
    isSticky && targetProtocol === "tls"
      ? `targetProtocol is "tls": AWS refuses stickiness on TLS target groups, with affinity source-ip allowed is tcp; set targetProtocol to tcp (the listener may still be TLS) or affinity to none`
      : undefined,
    isTcp && targetProtocol === "tls"
      ? `targetProtocol is "tls": only a TLS listener has TLS targets, without certificateArn allowed is tcp; set certificateArn, too, or targetProtocol to tcp`
      : undefined,
    isTls && idleTimeoutSeconds !== undefined && idleTimeoutSeconds !== TLS_IDLE_SECONDS
      ? `idleTimeoutSeconds is ${idleTimeoutSeconds}: AWS fixes it for TLS listeners, with certificateArn allowed is ${TLS_IDLE_SECONDS}; leave idleTimeoutSeconds out`
      : undefined,
  ];
}
