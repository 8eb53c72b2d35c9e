import * as aws from "@pulumi/aws";
import type {
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import { isBlock, isEverybody } from "./addresses.ts";
import { named, stackPolicy, type Member } from "./stack.ts";
import { known, reportFault, UNKNOWN } from "./violation.ts";

/** The sources that a rule, or a group with inline rules, lets in. */
interface Opening {
  /** Id of the rule's group, if it is known. */
  groupId: unknown;
  /** CIDR blocks, and ids of prefix lists. */
  sources: readonly string[];
}

const acrossRules = stackPolicy({
  name: "no-public-security-group",
  description:
    "No security group lets everybody in; the controller manages those of load balancers.",
  validate: (stack, report) => {
    for (const rules of Map.groupBy(stack.all(openingOf), groupOf).values()) {
      const all = rules.flatMap(({ inputs }) => inputs.sources);
      const last = rules.at(-1)?.resource;
      if (last !== undefined && isEverybody(all) && !rules.some(isOpen)) {
        reportOpen(named(last), all, report, last.urn);
      }
    }
  },
});

/** The blocks of all rules of a group count together: two halves of the internet are all of it. */
export const noPublicSecurityGroup: ResourceValidationPolicy = {
  ...acrossRules,
  validateResource: [
    acrossRules.validateResource ?? [],
    (args: ResourceValidationArgs, report: ReportViolation) => {
      const sources = sourcesOf(args);
      for (const source of sources.filter((each) => !isBlock(each))) {
        reportFault(report, {
          name: `source of ${named(args)}`,
          got: source,
          mustBe: "a security group or a CIDR block, which policies can check",
          example: "10.0.0.0/16",
        });
      }
      const open = sources.filter((each) => isEverybody([each]));
      open.forEach((each) => reportOpen(named(args), [each], report));
      if (open.length === 0 && isEverybody(sources)) {
        reportOpen(named(args), sources, report);
      }
    },
  ].flat(),
};

function reportOpen(
  owner: string,
  blocks: readonly string[],
  report: ReportViolation,
  urn?: string,
): void {
  const source = blocks.length === 1 ? blocks[0] : blocks;
  const fault = {
    name: `source of ${owner}`,
    got: source,
    mustBe: "a security group, or a block that is not everybody",
    fix: "name who may connect",
  };
  reportFault(report, fault, urn);
}

function isOpen({ inputs }: Member<Opening>): boolean {
  return isEverybody(inputs.sources);
}

/** The security group of a rule, also while it has no id; for a group, the group itself. */
function groupOf({ inputs, resource }: Member<Opening>): unknown {
  const { propertyDependencies, urn }: PolicyResource = resource;
  return propertyDependencies.securityGroupId?.[0]?.urn ?? inputs.groupId ?? urn;
}

function openingOf(args: ResourceValidationArgs): Opening | undefined {
  const sources = known(() => sourcesOf(args));
  const groupId = known(() => args.props.securityGroupId as unknown);
  return sources === UNKNOWN || sources.length === 0
    ? undefined
    : { groupId: groupId === UNKNOWN ? undefined : groupId, sources };
}

function sourcesOf(args: ResourceValidationArgs): string[] {
  const rule = args.asType(aws.vpc.SecurityGroupIngressRule);
  const group = args.asType(aws.ec2.SecurityGroup) ?? args.asType(aws.ec2.DefaultSecurityGroup);
  const old = args.asType(aws.ec2.SecurityGroupRule);
  const lists = [...(group?.ingress ?? []), ...(old?.type === "ingress" ? [old] : [])];
  return [
    ...[rule?.cidrIpv4, rule?.cidrIpv6, rule?.prefixListId],
    ...lists.flatMap((each) => [
      ...(each.cidrBlocks ?? []),
      ...(each.ipv6CidrBlocks ?? []),
      ...(each.prefixListIds ?? []),
    ]),
  ].filter((source) => typeof source === "string");
}
