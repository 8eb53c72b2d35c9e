import { existsSync } from "node:fs";
import { join } from "node:path";
import { sizeFault } from "./components/fargateSize.ts";
import { isPrivate, prefixOf, vpcCidrFault } from "./components/subnets.ts";
import type { Settings } from "./settings.ts";

/** Fixed for TLS: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html */
const TLS_IDLE_SECONDS = 350;

/** An NLB goes on sending new connections for some two minutes after a target was deregistered. */
const MIN_DRAIN_SECONDS = 150;

/** Blocks that are larger name nobody. */
const MIN_NAMED_PREFIX = 8;

/** A rule over several settings; it tells what is wrong, or nothing. */
interface Combination {
  of: readonly (keyof Settings)[];
  fault: (settings: Settings) => string | false | undefined;
}

const COMBINATIONS: readonly Combination[] = [
  {
    of: ["drainSeconds"],
    fault: ({ drainSeconds }) =>
      drainSeconds < MIN_DRAIN_SECONDS &&
      `drainSeconds is ${drainSeconds}: a Network Load Balancer goes on sending connections for two minutes, allowed is ${MIN_DRAIN_SECONDS} to 3600; for example ${MIN_DRAIN_SECONDS}`,
  },
  {
    of: ["replicas", "maxReplicas"],
    fault: ({ replicas, maxReplicas = Infinity }) =>
      maxReplicas <= replicas &&
      `maxReplicas is ${maxReplicas}: allowed is 0, for no autoscaler, or more than ${replicas} (replicas); for example ${replicas * 2}`,
  },
  {
    of: ["cpuMillicores", "memoryMiB"],
    fault: (size) => {
      const fault = sizeFault(size);
      const { cpuMillicores, memoryMiB } = size;
      return (
        fault !== undefined &&
        `cpuMillicores is ${cpuMillicores} and memoryMiB is ${memoryMiB}: Fargate has no such size, ${fault}; for example 250 and 512`
      );
    },
  },
  {
    of: ["vpcCidr"],
    fault: ({ vpcCidr }) => {
      const fault = vpcCidrFault(vpcCidr);
      return fault !== undefined && `vpcCidr is ${JSON.stringify(vpcCidr)}: ${fault}`;
    },
  },
  {
    of: ["affinity", "crossZone"],
    fault: ({ affinity, crossZone }) =>
      affinity === "source-ip" &&
      !crossZone &&
      "crossZone is false: a client that resolves to another zone's address would change its replica, with affinity source-ip allowed is true; set crossZone to true or affinity to none",
  },
  {
    of: ["affinity", "targetProtocol"],
    fault: ({ affinity, targetProtocol }) =>
      affinity === "source-ip" &&
      targetProtocol === "tls" &&
      `targetProtocol is "tls": AWS refuses stickiness on TLS target groups, with affinity source-ip allowed is tcp; set targetProtocol to tcp (the listener may still be TLS) or affinity to none`,
  },
  {
    of: ["certificateArn", "targetProtocol"],
    fault: ({ certificateArn, targetProtocol }) =>
      certificateArn === undefined &&
      targetProtocol === "tls" &&
      `targetProtocol is "tls": only a TLS listener has TLS targets, without certificateArn allowed is tcp; set certificateArn, too, or targetProtocol to tcp`,
  },
  {
    of: ["certificateArn", "idleTimeoutSeconds"],
    fault: ({ certificateArn, idleTimeoutSeconds }) =>
      certificateArn !== undefined &&
      idleTimeoutSeconds !== TLS_IDLE_SECONDS &&
      `idleTimeoutSeconds is ${idleTimeoutSeconds}: AWS fixes it for TLS listeners, with certificateArn allowed is ${TLS_IDLE_SECONDS}; leave idleTimeoutSeconds out`,
  },
  {
    of: ["certificateArn", "accessLogsBucket"],
    fault: ({ certificateArn, accessLogsBucket }) =>
      certificateArn === undefined &&
      accessLogsBucket !== undefined &&
      `accessLogsBucket is ${JSON.stringify(accessLogsBucket)}: AWS writes access logs of TLS listeners only; set certificateArn, too, or leave accessLogsBucket out`,
  },
  {
    of: ["dnsName", "hostedZoneId"],
    fault: ({ dnsName, hostedZoneId }) =>
      (dnsName === undefined) !== (hostedZoneId === undefined) &&
      `dnsName is ${JSON.stringify(dnsName ?? "")} and hostedZoneId is ${JSON.stringify(hostedZoneId ?? "")}: allowed are both or none; set the one that is missing`,
  },
  {
    of: ["deletionProtection", "publicAccessCidrs"],
    fault: ({ deletionProtection, publicAccessCidrs }) =>
      deletionProtection &&
      publicAccessCidrs.some((cidr) => prefixOf(cidr) < MIN_NAMED_PREFIX) &&
      `publicAccessCidrs is ${JSON.stringify(publicAccessCidrs)}: with deletionProtection allowed are named blocks only, of /${MIN_NAMED_PREFIX} to /32; for example [198.51.100.0/24]`,
  },
  {
    of: ["publicAccessCidrs"],
    fault: ({ publicAccessCidrs }) =>
      publicAccessCidrs.some(isPrivate) &&
      `publicAccessCidrs is ${JSON.stringify(publicAccessCidrs)}: nobody comes from a private network, allowed are public blocks; for example [198.51.100.0/24]`,
  },
  {
    of: ["admins"],
    fault: ({ admins }) =>
      new Set(admins).size < admins.length &&
      `admins is ${JSON.stringify(admins)}: allowed is each ARN once; remove the second`,
  },
  {
    of: ["controllerChart"],
    fault: ({ controllerChart }) =>
      /^\.{0,2}\//.test(controllerChart) &&
      !existsSync(join(controllerChart, "Chart.yaml")) &&
      `controllerChart is ${JSON.stringify(controllerChart)}: there is no Chart.yaml in it, allowed is a folder with the chart; for example ./charts/aws-load-balancer-controller`,
  },
];

/** What is wrong between settings of which each is right; those that are not are left out. */
export function combinationFaults(settings: Partial<Settings>): string[] {
  return COMBINATIONS.filter(({ of }) => of.every((setting) => setting in settings))
    .map(({ fault }) => fault(settings as Settings))
    .filter((fault) => typeof fault === "string");
}
