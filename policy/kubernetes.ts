import * as k8s from "@pulumi/kubernetes";
import type { Unwrap } from "@pulumi/pulumi";
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import type { Stack } from "./stack.ts";

export type PodTemplate = Unwrap<k8s.types.input.core.v1.PodTemplateSpec>;
export type Container = Unwrap<k8s.types.input.core.v1.Container>;

/** What a load balancer is made from. */
export interface Front {
  resource: PolicyResource;
  /** Reads for how long it deregisters a pod, in seconds. */
  delay: () => string | undefined;
  /** Labels of the pods that it sends to, of each of its Services. */
  selectors: Record<string, string>[];
}

/** Name of the Release that makes load balancers. */
export const CONTROLLER = "aws-load-balancer-controller";

/** Where the controller reads of a Service's load balancer, and of an Ingress's. */
export const SERVICE_PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";
export const INGRESS_PREFIX = "alb.ingress.kubernetes.io/";

const TARGET_GROUP = "target-group-attributes";

/** An attribute of target groups: how long a load balancer deregisters a pod, in seconds. */
export const DEREGISTRATION_DELAY = "deregistration_delay.timeout_seconds";

/** The pods that a resource makes: those of a Deployment or StatefulSet, or of anything else that has a template. */
export function podTemplateOf(args: ResourceValidationArgs): PodTemplate | undefined {
  return (
    args.asType(k8s.apps.v1.Deployment)?.spec.template ??
    args.asType(k8s.apps.v1.StatefulSet)?.spec.template ??
    args.asType(k8s.apps.v1.DaemonSet)?.spec.template ??
    args.asType(k8s.batch.v1.Job)?.spec?.template ??
    args.asType(k8s.batch.v1.CronJob)?.spec.jobTemplate.spec?.template ??
    args.asType(k8s.core.v1.Pod)
  );
}

/** All containers of a pod, those that run before the others, too. */
export function containersOf({ spec }: PodTemplate): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** All that makes load balancers in a stack. */
export function frontsOf(stack: Stack): Front[] {
  const services = stack.all((each) => each.asType(k8s.core.v1.Service));
  const network = services
    .filter(({ inputs }) => inputs.spec?.type === "LoadBalancer")
    .map(({ resource, inputs }) => ({
      resource,
      delay: () =>
        attributes(inputs.metadata?.annotations, `${SERVICE_PREFIX}${TARGET_GROUP}`)[
          DEREGISTRATION_DELAY
        ],
      selectors: [inputs.spec?.selector ?? {}],
    }));
  const application = stack
    .all((each) => each.asType(k8s.networking.v1.Ingress))
    .map(({ resource, inputs }) => ({
      resource,
      delay: () =>
        attributes(inputs.metadata?.annotations, `${INGRESS_PREFIX}${TARGET_GROUP}`)[
          DEREGISTRATION_DELAY
        ],
      // By dependency, for a Service's name may still be unknown.
      selectors: services
        .filter((service) => resource.dependencies.some(({ urn }) => urn === service.resource.urn))
        .map((service) => service.inputs.spec?.selector ?? {}),
    }));
  return [...network, ...application];
}

/** The attributes that an annotation lists: `a=1,b=2`. */
export function attributes(
  annotations: Record<string, string> | undefined,
  annotation: string,
): Record<string, string> {
  const list = annotations?.[annotation] ?? "";
  return Object.fromEntries(
    list
      .split(",")
      .filter((each) => each !== "")
      .map((each) => {
        const [name = "", ...value] = each.split("=");
        return [name.trim(), value.join("=").trim()];
      }),
  );
}
