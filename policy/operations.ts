import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import type { ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";
import { CONTROLLER } from "./kubernetes.ts";
import { named, ofType, stackPolicy } from "./stack.ts";
import { demand } from "./violation.ts";

/** The tags that show to which stack a resource in the account belongs. */
const TAGS = ["project", "stack", "managed-by"];

type Tags = Partial<Record<string, string>>;

/** Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html (without one, for ever) */
export const logRetention: ResourceValidationPolicy = {
  name: "log-retention",
  description: "CloudWatch keeps logs for a set time, and not for ever.",
  validateResource: ofType(aws.cloudwatch.LogGroup, (group, args, report) =>
    demand(report, {
      name: `retentionInDays of ${named(args)}`,
      value: () => group.retentionInDays,
      holds: (days) => days !== undefined && days > 0,
      mustBe: "1 or more",
      fix: "set logRetentionDays of the stack",
    }),
  ),
};

export const logGroups = stackPolicy({
  name: "log-group-before-cluster",
  description:
    "The program creates the log group of the control plane: one that EKS creates has no retention, and stays after pulumi destroy.",
  validate: (stack, report) => {
    const groups = stack.all((each) => each.asType(aws.cloudwatch.LogGroup));
    for (const { inputs, resource } of stack.all((each) => each.asType(aws.eks.Cluster))) {
      if ((inputs.enabledClusterLogTypes ?? []).length === 0) {
        continue;
      }
      const name = `/aws/eks/${inputs.name}/cluster`;
      const group = groups.find((each) => each.inputs.name === name);
      demand(
        report,
        {
          name: `LogGroup ${name} that ${named(resource)} comes after`,
          value: () => group && stack.isAfter(resource, group.resource) && group.resource.name,
          holds: (given) => typeof given === "string",
          mustBe: "created by the program",
          fix: "create it with a retention, and let the cluster depend on it",
        },
        resource.urn,
      );
    }
  },
});

/**
 * The provider's default tags apply to everything that it creates, the chart's to everything that the controller creates.
 *
 * Sources: https://www.pulumi.com/registry/packages/aws/api-docs/provider/ (defaultTags),
 * https://github.com/kubernetes-sigs/aws-load-balancer-controller/tree/main/helm/aws-load-balancer-controller (defaultTags)
 */
export const tags = stackPolicy({
  name: "tags",
  description: `Everything in the account has the tags ${TAGS.join(", ")}.`,
  validate: (stack, report) => {
    const providers = stack
      .all(({ provider, type }) => (type.startsWith("aws:") ? provider : undefined))
      .map(({ inputs }) => inputs);
    for (const { name, props, urn } of new Map(
      providers.map((each) => [each.urn, each]),
    ).values()) {
      const read = () => (parsed(props.defaultTags) as { tags?: Tags } | undefined)?.tags;
      demandTags(`defaultTags of the provider ${name}`, read, urn, report);
    }
    for (const { inputs, resource } of stack.all((each) => each.asType(k8s.helm.v3.Release))) {
      if (inputs.name === CONTROLLER) {
        const read = () => inputs.values?.defaultTags as Tags | undefined;
        demandTags(`values.defaultTags of ${named(resource)}`, read, resource.urn, report);
      }
    }
  },
});

function demandTags(
  what: string,
  value: () => Tags | undefined,
  urn: string,
  report: ReportViolation,
): void {
  demand(
    report,
    {
      name: what,
      value,
      holds: (given) => TAGS.every((tag) => (given?.[tag] ?? "") !== ""),
      mustBe: `a text for each of ${TAGS.join(", ")}`,
      fix: "give it the tags of index.ts",
    },
    urn,
  );
}

/** Pulumi passes the settings of a provider as JSON. */
function parsed(value: unknown): unknown {
  return typeof value === "string" ? JSON.parse(value) : value;
}
