import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import type { PolicyResource, ReportViolation } from "@pulumi/policy";
import { CONTROLLER, frontsOf, podTemplateOf } from "./kubernetes.ts";
import { named, stackPolicy, type Stack } from "./stack.ts";
import { reportFault } from "./violation.ts";

const APP = "sockjs-sticky:index:StickyApp";

export const controllerBeforeLoadBalancers = stackPolicy({
  name: "controller-before-load-balancers",
  description:
    "The controller exists before the first load balancer and until the last one is deleted.",
  validate: (stack, report) => {
    for (const { resource } of frontsOf(stack)) {
      const controllers = controllersOf(stack).filter((each) => hasProviderOf(each, resource));
      if (controllers.length === 0) {
        const fault = {
          name: `number of Releases of ${CONTROLLER} for ${named(resource)}`,
          got: 0,
          mustBe: "1, which creates its load balancer",
          fix: "add a LoadBalancerController to its cluster",
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
      ...stack.all((each) => each.asType(aws.eks.Addon)),
      ...stack.all((each) => each.asType(k8s.core.v1.ConfigMap)),
    ];
    for (const pods of [...podsOf(stack), ...controllersOf(stack)]) {
      const cluster = stack.providerOf(pods)?.parent;
      const ofCluster = ({ resource }: { resource: PolicyResource }): boolean =>
        cluster !== undefined && resource.parent?.urn === cluster.urn;
      if (!profiles.some(ofCluster)) {
        const fault = {
          name: `number of Fargate profiles for ${named(pods)}`,
          got: 0,
          mustBe: "1 or more, because its pods stay pending without one",
          fix: "make it with the kubernetes provider of a FargateCluster",
        };
        reportFault(report, fault, pods.urn);
      }
      const earlier = [...profiles, ...others].filter(ofCluster).map(({ resource }) => resource);
      demandAfter(stack, report, pods, earlier, {
        else: "its pods would start without it, or outlive it",
        fix: "give its component dependsOn: cluster",
      });
    }
  },
});

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
  return stack
    .all((each) => each.asType(k8s.helm.v3.Release))
    .filter(({ inputs }) => inputs.name === CONTROLLER)
    .map(({ resource }) => resource);
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
