import type { Affinity } from "../../app/contract/catalogue.ts";
import type { Fault } from "../../app/contract/fault.ts";
import type { StickyCookie } from "../../app/contract/httpRouting.ts";
import type { KeyRoute } from "../../app/contract/keyRoute.ts";
import type { Complete } from "../defaults.ts";
import type { FailoverRole } from "../front/failover.ts";
import { APPLICATION_DEFAULTS, APPLICATION_IDLE_SECONDS } from "../front/ingressAnnotations.ts";
import { crossZoneFault, NETWORK_DEFAULTS, NETWORK_IDLE_SECONDS } from "../front/nlbAnnotations.ts";
import { sizeFault } from "./fargateSize.ts";
import { SERVER_DEFAULTS, type ServerArgs } from "./podSpec.ts";

/** A server behind a load balancer, whatever its image. */
export interface WorkloadSpec extends ServerArgs {
  /** What keeps clients on a replica; with `none` nothing does. @default source-ip */
  affinity?: Affinity | undefined;
  /** Number of replicas; the minimum if there is an autoscaler. @default 3 */
  replicas?: number | undefined;
  /** Maximum number of replicas, for an autoscaler. @default - no autoscaler */
  maxReplicas?: number | undefined;
  /** vCPU of a pod in thousandths: 250, 500, 1000, 2000, 4000, 8000 or 16000. @default 250 */
  cpuMillicores?: number | undefined;
  /** Memory of a pod in MiB, of which Kubernetes uses 256. Fargate supports certain sizes with each number of vCPU. @default 512 */
  memoryMiB?: number | undefined;
  /** DNS name in the hosted zone. @default - AWS's own name */
  dnsName?: string | undefined;
  /** Role of this load balancer if two share the DNS name. @default - it is the only one */
  routing?: { failover: FailoverRole } | undefined;
  /** The cookie by which affinity `cookie` keeps a browser on its replica. @default - one that the load balancer sets, for a day */
  cookie?: StickyCookie | undefined;
  /** Where the key of a request is, which affinity `key` requires. @default [] */
  keys?: readonly KeyRoute[] | undefined;
  /** Whether a Network Load Balancer's nodes send to replicas in all zones, which `source-ip` requires. @default true */
  crossZone?: boolean | undefined;
  /**
   * Seconds without data after which a connection is closed: from 1 to 4000 with affinity `cookie`, from 60 to 6000 with the
   * others. With a certificate: exactly 350 with `source-ip` and `none`, and at most 350 with `key`. @default 350
   */
  idleTimeoutSeconds?: number | undefined;
}

export const WORKLOAD_DEFAULTS = {
  ...SERVER_DEFAULTS,
  affinity: NETWORK_DEFAULTS.affinity,
  replicas: 3,
  cpuMillicores: 250,
  memoryMiB: 512,
  cookie: APPLICATION_DEFAULTS.cookie,
  crossZone: NETWORK_DEFAULTS.crossZone,
  idleTimeoutSeconds: NETWORK_DEFAULTS.idleTimeoutSeconds,
} as const satisfies WorkloadSpec;

export type CompleteWorkload = Complete<WorkloadSpec, typeof WORKLOAD_DEFAULTS>;

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

/** What is wrong between settings of a workload; those that are undefined are not checked. */
export function workloadFaults(workload: WorkloadSpec): Fault[] {
  const rules = [drainFault, autoscalerFault, sizeFaultOf, crossZoneFault, idleFault];
  return rules.map((rule) => rule(workload)).filter((fault) => fault !== undefined);
}

function drainFault({ affinity, drainSeconds }: WorkloadSpec): Fault | undefined {
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

function autoscalerFault({ replicas, maxReplicas }: WorkloadSpec): Fault | undefined {
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

function sizeFaultOf({ cpuMillicores, memoryMiB }: WorkloadSpec): Fault | undefined {
  return cpuMillicores === undefined || memoryMiB === undefined
    ? undefined
    : sizeFault({ cpuMillicores, memoryMiB });
}

/** An Application Load Balancer serves affinity cookie, a Network Load Balancer the others. */
function idleFault({ affinity, idleTimeoutSeconds }: WorkloadSpec): Fault | undefined {
  if (affinity === undefined || idleTimeoutSeconds === undefined) {
    return undefined;
  }
  const { min, max } = affinity === "cookie" ? APPLICATION_IDLE_SECONDS : NETWORK_IDLE_SECONDS;
  return idleTimeoutSeconds >= min && idleTimeoutSeconds <= max
    ? undefined
    : {
        name: "idleTimeoutSeconds",
        got: idleTimeoutSeconds,
        mustBe: `from ${min} to ${max} with affinity ${affinity}`,
        example: String(min),
      };
}
