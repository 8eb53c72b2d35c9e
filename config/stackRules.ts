import { existsSync } from "node:fs";
import { join } from "node:path";
import { principalOf } from "./admins.ts";
import type { Fault } from "../app/contract/fault.ts";
import { cut } from "../app/contract/shown.ts";
import {
  isDocumentation,
  isPrivate,
  isSourceless,
  isUnrouted,
  prefixOf,
  vpcCidrFault,
} from "../components/network/subnets.ts";
import { hasTls } from "../components/front/tls.ts";
import type { Settings } from "./stackSettings.ts";
import type { WorkloadDraft } from "./workloadSettings.ts";

/** Larger blocks are not specific. */
const MIN_NAMED_PREFIX = 8;

/** All that a stack sets. */
type All = Settings & { workloads: readonly WorkloadDraft[] };

/** A rule between settings that are each right by themselves. */
interface StackRule {
  of: readonly (keyof All)[];
  fault: (settings: All) => Fault | false | undefined;
}

const STACK_RULES: readonly StackRule[] = [
  { of: ["vpcCidr"], fault: ({ vpcCidr }) => vpcCidrFault(vpcCidr) },
  {
    of: ["network"],
    fault: ({ network }) =>
      network?.privateSubnetIds.some((id) => network.publicSubnetIds.includes(id)) === true && {
        name: "network.privateSubnetIds",
        got: network.privateSubnetIds,
        mustBe:
          "other subnets than publicSubnetIds, because Fargate runs no pods in public subnets",
      },
  },
  {
    of: ["cluster", "network"],
    fault: ({ cluster, network }) =>
      cluster !== undefined &&
      network === undefined && {
        name: "network",
        mustBe: `the VPC and the subnets of cluster ${cluster.name}`,
        example: "{vpcId: vpc-0a1b2c3d, ...}",
      },
  },
  {
    of: ["cluster", "controller"],
    fault: ({ cluster, controller }) =>
      cluster === undefined &&
      controller === "existing" && {
        name: "controller",
        got: controller,
        mustBe: "install, because only an existing cluster can have a controller",
        fix: "set cluster, or remove controller",
      },
  },
  {
    of: ["certificateArn", "hostedZoneId", "accessLogsBucket", "workloads"],
    fault: ({ accessLogsBucket, workloads, ...stack }) =>
      accessLogsBucket !== undefined &&
      workloads.every(
        ({ affinity, dnsName }) => affinity !== "cookie" && !hasTls({ ...stack, dnsName }),
      ) && {
        name: "accessLogsBucket",
        got: accessLogsBucket,
        mustBe: "empty without TLS, because a Network Load Balancer logs only TLS connections",
        fix: "set the dnsName of a workload and hostedZoneId, or certificateArn, or remove accessLogsBucket",
      },
  },
  {
    of: ["webAclArn", "workloads"],
    fault: ({ webAclArn, workloads }) =>
      webAclArn !== undefined &&
      workloads.every(({ affinity }) => affinity !== "cookie") && {
        name: "webAclArn",
        got: webAclArn,
        mustBe:
          "empty unless a workload has affinity cookie, because web ACLs protect only Application Load Balancers",
        fix: "remove webAclArn",
      },
  },
  {
    of: ["hostedZoneId", "workloads"],
    fault: ({ hostedZoneId, workloads }) =>
      hostedZoneId !== undefined &&
      workloads.every(({ dnsName }) => dnsName === undefined) && {
        name: "hostedZoneId",
        got: hostedZoneId,
        mustBe: "empty unless a workload has a dnsName",
        fix: "set the dnsName of a workload, or remove hostedZoneId",
      },
  },
  {
    of: ["deletionProtection", "publicAccessCidrs", "endpointPublicAccess", "cluster"],
    fault: ({ deletionProtection, publicAccessCidrs, endpointPublicAccess, cluster }) =>
      deletionProtection &&
      endpointPublicAccess &&
      cluster === undefined &&
      publicAccessCidrs.some((cidr) => prefixOf(cidr) < MIN_NAMED_PREFIX) && {
        name: "publicAccessCidrs",
        got: publicAccessCidrs,
        mustBe: `specific blocks, of /${MIN_NAMED_PREFIX} to /32, with deletionProtection`,
        example: "[198.51.100.0/24]",
      },
  },
  {
    of: ["endpointPublicAccess", "network"],
    fault: ({ endpointPublicAccess, network }) =>
      !endpointPublicAccess &&
      network === undefined && {
        name: "endpointPublicAccess",
        got: endpointPublicAccess,
        mustBe:
          "true unless network is set, because Pulumi must reach the Kubernetes API from inside the VPC",
        fix: "set network, or restrict publicAccessCidrs",
      },
  },
  {
    of: ["endpointPublicAccess", "privateAccessCidrs", "cluster"],
    fault: ({ endpointPublicAccess, privateAccessCidrs, cluster }) =>
      !endpointPublicAccess &&
      cluster === undefined &&
      privateAccessCidrs.length === 0 && {
        name: "privateAccessCidrs",
        got: privateAccessCidrs,
        mustBe:
          "at least one block from which Pulumi and kubectl reach the cluster, if endpointPublicAccess is false",
        example: "[10.8.0.0/16]",
      },
  },
  {
    of: ["publicAccessCidrs"],
    fault: ({ publicAccessCidrs }) =>
      publicAccessCidrs.some(isPrivate) && {
        name: "publicAccessCidrs",
        got: publicAccessCidrs,
        mustBe: "public blocks, because the public endpoint never sees private addresses",
        example: "[198.51.100.0/24]",
      },
  },
  unusable("publicAccessCidrs", isUnrouted, "from which no public address can be reached"),
  unusable("privateAccessCidrs", isSourceless, "from which no connection comes"),
  unusable("sourceRanges", isSourceless, "from which no connection comes"),
  eachOnce("sourceRanges", "block"),
  eachOnce("publicAccessCidrs", "block"),
  eachOnce("privateAccessCidrs", "block"),
  eachOnce("controlPlaneLogs", "log"),
  eachOnce("admins", "ARN", principalOf),
  {
    of: ["controllerChart"],
    fault: ({ controllerChart }) =>
      /^\.{0,2}\//.test(controllerChart) &&
      !existsSync(join(controllerChart, "Chart.yaml")) && {
        name: "controllerChart",
        got: controllerChart,
        mustBe: "a folder with a Chart.yaml",
        example: "./charts/aws-load-balancer-controller",
      },
  },
];

const EXAMPLES = {
  publicAccessCidrs: "[198.51.100.0/24]",
  privateAccessCidrs: "[10.8.0.0/16]",
  sourceRanges: "[198.51.100.0/24]",
};

/** Rejects blocks that no client is in. */
function unusable(
  setting: "publicAccessCidrs" | "privateAccessCidrs" | "sourceRanges",
  isUnusable: (cidr: string) => boolean,
  reason: string,
): StackRule {
  return {
    of: [setting],
    fault: ({ [setting]: cidrs }) => {
      const found = cidrs.find(isUnusable);
      return (
        found !== undefined && {
          name: setting,
          problem: `has ${found}, ${reason}`,
          mustBe: "blocks of clients only",
          example: EXAMPLES[setting],
        }
      );
    },
  };
}

function eachOnce(
  setting:
    "sourceRanges" | "publicAccessCidrs" | "privateAccessCidrs" | "controlPlaneLogs" | "admins",
  item: string,
  keyOf: (value: string) => string = (value) => value,
): StackRule {
  return {
    of: [setting],
    fault: ({ [setting]: items }) =>
      new Set(items.map(keyOf)).size < items.length && {
        name: setting,
        got: items,
        mustBe: `a list with each ${item} once`,
        fix: "remove the second",
      },
  };
}

/** What is wrong between settings. Those that are wrong by themselves are left out. */
export function stackFaults(settings: Partial<All>): Fault[] {
  return STACK_RULES.filter(({ of }) => of.every((setting) => setting in settings))
    .map(({ fault }) => fault(settings as All))
    .filter((fault) => typeof fault === "object");
}

/**
 * Finds documentation blocks, such as that in `Pulumi.prod.yaml`. A preview warns of them; `pulumi up` would create a cluster
 * that nobody can reach, and then fail.
 */
export function placeholderFaults({
  cluster,
  endpointPublicAccess = true,
  publicAccessCidrs = [],
}: Partial<Settings>): Fault[] {
  const isUsed = endpointPublicAccess && cluster === undefined;
  const placeholders = isUsed ? publicAccessCidrs.filter(isDocumentation) : [];
  return placeholders.length === 0
    ? []
    : [
        {
          name: "publicAccessCidrs",
          problem: `has ${cut(placeholders.join(", "))}, a documentation block that no client uses`,
          mustBe: "the addresses from which Pulumi and kubectl reach the cluster",
        },
      ];
}
