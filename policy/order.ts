import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import type { Unwrap } from "@pulumi/pulumi";
import { matchesGlob } from "node:path";
import type { PolicyResource, ReportViolation, ResourceValidationArgs } from "@pulumi/policy";
import { CONTROLLER, frontsOf, podTemplateOf } from "./kubernetes.ts";
import { named, stackPolicy, type Stack } from "./stack.ts";
import { known, reportFault, UNKNOWN } from "./violation.ts";

const APP = "sockjs-sticky:index:StickyApp";
const EXISTING_CONTROLLER = "sockjs-sticky:index:ExistingController";
const EXISTING_CLUSTER = "sockjs-sticky:index:ExistingCluster";

export const controllerBeforeLoadBalancers = stackPolicy({
  name: "controller-before-load-balancers",
  description:
    "The controller exists before the first load balancer and until the last one is deleted.",
  validate: (stack, report) => {
    for (const { resource } of frontsOf(stack)) {
      const controllers = controllersOf(stack).filter((each) => hasProviderOf(each, resource));
      // Of an existing one only its component is in the stack, which then has one cluster.
      if (controllers.length === 0 && stack.ofType(EXISTING_CONTROLLER).length === 0) {
        const fault = {
          name: `number of Releases of ${CONTROLLER} for ${named(resource)}`,
          got: 0,
          mustBe: "1, which creates its load balancer",
          fix: "add a LoadBalancerController to its cluster, or an ExistingController",
        };
        reportFault(report, fault, resource.urn);
      }
      demandAfter(stack, report, resource, controllers, {
        else: "pulumi destroy would delete the controller first, and then wait for a load balancer that nobody deletes",
        fix: "give its component dependsOn: controller",
      });
    }
  },
});

export const permissionsBeforeController = stackPolicy({
  name: "permissions-before-controller",
  description: "The controller has its permissions for as long as it exists.",
  validate: (stack, report) => {
    const permissions = [
      ...stack.all((each) => each.asType(aws.iam.RolePolicy)),
      ...stack.all((each) => each.asType(aws.iam.RolePolicyAttachment)),
    ].map(({ resource }) => resource);
    for (const controller of controllersOf(stack)) {
      const own = permissions.filter(({ parent }) => parent?.urn === controller.parent?.urn);
      if (own.length === 0) {
        const fault = {
          name: `number of policies beside ${named(controller)}`,
          got: 0,
          mustBe: "1 or more, because it creates no load balancer without one",
          fix: "attach one to its role in the same component",
        };
        reportFault(report, fault, controller.urn);
      }
      demandAfter(stack, report, controller, own, {
        else: "pulumi destroy would take its permissions while it still has load balancers to delete",
        fix: "give it dependsOn: policies",
      });
    }
  },
});

export const loadBalancerBeforePods = stackPolicy({
  name: "load-balancer-before-pods",
  description:
    "Pods are created after their target group: only those get the readiness gate without which a roll-out breaks sessions.",
  validate: (stack, report) => {
    const fronts = frontsOf(stack).map(({ resource }) => resource);
    for (const pods of podsOf(stack)) {
      const app = appOf(pods);
      const own = fronts.filter((front) => app !== undefined && appOf(front)?.urn === app.urn);
      demandAfter(stack, report, pods, own, {
        else: "the controller would put no readiness gate into its first pods",
        fix: "take its namespace from the component that has the load balancer",
      });
    }
  },
});

export const clusterBeforePods = stackPolicy({
  name: "cluster-before-pods",
  description:
    "Pods find their Fargate profile, DNS and log router, and keep them until they have ended.",
  validate: (stack, report) => {
    const profiles = stack.all((each) => each.asType(aws.eks.FargateProfile));
    const others = [
      ...stack
        .all((each) => each.asType(aws.eks.Addon))
        .filter(({ inputs }) => inputs.addonName === "coredns"),
      ...stack.all((each) => each.asType(k8s.core.v1.ConfigMap)),
    ];
    const system = releasesOf(stack).map(({ resource, inputs }) => ({
      resource,
      pod: { namespace: "kube-system", labels: inputs.values?.podLabels as Pod["labels"] },
      needs: "systemPods",
    }));
    const own = stack
      .all(podOf)
      .map(({ resource, inputs: pod }) => ({ resource, pod, needs: "workloadPods" }));
    for (const { resource, pod, needs } of [...own, ...system]) {
      const cluster = stack.providerOf(resource)?.parent;
      const ofCluster = (member: { resource: PolicyResource }): boolean =>
        cluster !== undefined && member.resource.parent?.urn === cluster.urn;
      const selecting = profiles.filter(
        (profile) =>
          ofCluster(profile) && profile.inputs.selectors.some((each) => selects(each, pod)),
      );
      // Without a profile, an existing cluster has nodes.
      const hasNodes = cluster?.type === EXISTING_CLUSTER && !profiles.some(ofCluster);
      if (selecting.length === 0 && !hasNodes) {
        const fault = {
          name: `number of Fargate profiles that select the pods of ${named(resource)}`,
          got: 0,
          mustBe: "1 or more, because its pods stay pending without one",
          fix: "use the kubernetes provider and the podLabels of its cluster",
        };
        reportFault(report, fault, resource.urn);
      }
      const earlier = [...selecting, ...others.filter(ofCluster)].map((each) => each.resource);
      demandAfter(stack, report, resource, earlier, {
        else: "its pods would start without it, or outlive it",
        fix: `give its component dependsOn: cluster.${needs}`,
      });
    }
  },
});

type Selector = Unwrap<aws.types.input.eks.FargateProfileSelector>;

/** What Fargate profiles select pods by. */
interface Pod {
  namespace: string | typeof UNKNOWN | undefined;
  labels?: Record<string, string> | undefined;
}

function podOf(args: ResourceValidationArgs): Pod | undefined {
  const template = podTemplateOf(args);
  const { metadata } = args.props as { metadata?: { namespace?: string } | null };
  return (
    template && {
      namespace: known(() => metadata?.namespace),
      labels: template.metadata?.labels,
    }
  );
}

/** Source: https://docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html#fargate-profile-wildcards */
function selects({ namespace, labels = {} }: Selector, pod: Pod): boolean {
  return (
    (pod.namespace === UNKNOWN || matchesGlob(pod.namespace ?? "default", namespace)) &&
    Object.entries(labels).every(([label, value]) => {
      const own = pod.labels?.[label];
      return own !== undefined && matchesGlob(own, value);
    })
  );
}

function demandAfter(
  stack: Stack,
  report: ReportViolation,
  later: PolicyResource,
  earlier: readonly PolicyResource[],
  words: { else: string; fix: string },
): void {
  for (const each of earlier.filter((one) => !stack.isAfter(later, one))) {
    const fault = {
      name: `order of ${named(later)} and ${named(each)}`,
      problem: "is left to chance",
      mustBe: `set by a dependency of ${named(later)}, or ${words.else}`,
      fix: words.fix,
    };
    reportFault(report, fault, later.urn);
  }
}

function controllersOf(stack: Stack): PolicyResource[] {
  return releasesOf(stack).map(({ resource }) => resource);
}

function releasesOf(stack: Stack) {
  return stack
    .all((each) => each.asType(k8s.helm.v3.Release))
    .filter(({ inputs }) => inputs.name === CONTROLLER);
}

function podsOf(stack: Stack): PolicyResource[] {
  return stack.all(podTemplateOf).map(({ resource }) => resource);
}

function hasProviderOf(one: PolicyResource, other: PolicyResource): boolean {
  return one.provider?.urn === other.provider?.urn;
}

function appOf(resource: PolicyResource | undefined): PolicyResource | undefined {
  return resource === undefined || resource.type === APP ? resource : appOf(resource.parent);
}
