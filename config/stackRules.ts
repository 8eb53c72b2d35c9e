import { existsSync } from "node:fs";
import { join } from "node:path";
import { principalOf } from "./admins.ts";
import { shown } from "../app/common/shown.ts";
import {
  isPrivate,
  isSourceless,
  isUnrouted,
  prefixOf,
  vpcCidrFault,
} from "../components/network/subnets.ts";
import type { Settings } from "./stackSettings.ts";
import type { WorkloadDraft } from "./workloads.ts";

/** Blocks that are larger name nobody. */
const MIN_NAMED_PREFIX = 8;

/** All that a stack sets. */
type All = Settings & { workloads: readonly WorkloadDraft[] };

/** A rule over several settings; it tells what is wrong, or nothing. */
interface Combination {
  of: readonly (keyof All)[];
  fault: (settings: All) => string | false | undefined;
}

const COMBINATIONS: readonly Combination[] = [
  {
    of: ["vpcCidr"],
    fault: ({ vpcCidr }) => {
      const fault = vpcCidrFault(vpcCidr);
      return fault !== undefined && `vpcCidr is ${shown(vpcCidr)}: ${fault}`;
    },
  },
  {
    of: ["certificateArn", "accessLogsBucket", "workloads"],
    fault: ({ certificateArn, accessLogsBucket, workloads }) =>
      certificateArn === undefined &&
      accessLogsBucket !== undefined &&
      workloads.every(({ affinity }) => affinity !== "cookie") &&
      `accessLogsBucket is ${shown(accessLogsBucket)}: of a Network Load Balancer AWS writes access logs of TLS listeners only; set certificateArn, too, or leave accessLogsBucket out`,
  },
  {
    of: ["webAclArn", "workloads"],
    fault: ({ webAclArn, workloads }) =>
      webAclArn !== undefined &&
      workloads.every(({ affinity }) => affinity !== "cookie") &&
      `webAclArn is ${shown(webAclArn)}: a web ACL is for Application Load Balancers, allowed is one where a workload has affinity cookie; leave webAclArn out`,
  },
  {
    of: ["hostedZoneId", "workloads"],
    fault: ({ hostedZoneId, workloads }) =>
      hostedZoneId !== undefined &&
      workloads.every(({ dnsName }) => dnsName === undefined) &&
      `hostedZoneId is ${shown(hostedZoneId)}: no workload has a dnsName; set the dnsName of a workload, or leave hostedZoneId out`,
  },
  {
    of: ["deletionProtection", "publicAccessCidrs"],
    fault: ({ deletionProtection, publicAccessCidrs }) =>
      deletionProtection &&
      publicAccessCidrs.some((cidr) => prefixOf(cidr) < MIN_NAMED_PREFIX) &&
      `publicAccessCidrs is ${shown(publicAccessCidrs)}: with deletionProtection allowed are named blocks only, of /${MIN_NAMED_PREFIX} to /32; for example [198.51.100.0/24]`,
  },
  {
    of: ["publicAccessCidrs"],
    fault: ({ publicAccessCidrs }) =>
      publicAccessCidrs.some(isPrivate) &&
      `publicAccessCidrs is ${shown(publicAccessCidrs)}: nobody comes from a private network, allowed are public blocks; for example [198.51.100.0/24]`,
  },
  unusable("publicAccessCidrs", isUnrouted, "which reaches no public address"),
  unusable("sourceRanges", isSourceless, "from which no connection comes"),
  eachOnce("sourceRanges", "block"),
  eachOnce("publicAccessCidrs", "block"),
  eachOnce("controlPlaneLogs", "log"),
  eachOnce("admins", "ARN", principalOf),
  {
    of: ["controllerChart"],
    fault: ({ controllerChart }) =>
      /^\.{0,2}\//.test(controllerChart) &&
      !existsSync(join(controllerChart, "Chart.yaml")) &&
      `controllerChart is ${shown(controllerChart)}: there is no Chart.yaml in it, allowed is a folder with the chart; for example ./charts/aws-load-balancer-controller`,
  },
];

/** Blocks that name nobody. */
function unusable(
  setting: "publicAccessCidrs" | "sourceRanges",
  isUnusable: (cidr: string) => boolean,
  reason: string,
): Combination {
  return {
    of: [setting],
    fault: ({ [setting]: cidrs }) => {
      const found = cidrs.find(isUnusable);
      return (
        found !== undefined &&
        `${setting} has ${found}, ${reason}; it must have blocks of clients only (for example [198.51.100.0/24])`
      );
    },
  };
}

function eachOnce(
  setting: "sourceRanges" | "publicAccessCidrs" | "controlPlaneLogs" | "admins",
  item: string,
  keyOf: (value: string) => string = (value) => value,
): Combination {
  return {
    of: [setting],
    fault: ({ [setting]: items }) =>
      new Set(items.map(keyOf)).size < items.length &&
      `${setting} is ${shown(items)}: allowed is each ${item} once; remove the second`,
  };
}

/** What is wrong between settings of which each is right; those that are not are left out. */
export function combinationFaults(settings: Partial<All>): string[] {
  return COMBINATIONS.filter(({ of }) => of.every((setting) => setting in settings))
    .map(({ fault }) => fault(settings as All))
    .filter((fault) => typeof fault === "string");
}
