import * as k8s from "@pulumi/kubernetes";
import type { Unwrap } from "@pulumi/pulumi";
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import type { Stack } from "./stack.ts";
import { known } from "./violation.ts";

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

/** All lists of containers that a pod has. */
export const CONTAINERS = ["initContainers", "containers", "ephemeralContainers"];

/** Where the pods of a kind of object are described. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  DaemonSet: ["spec", "template"],
  Deployment: ["spec", "template"],
  Job: ["spec", "template"],
  Pod: [],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  StatefulSet: ["spec", "template"],
};

/** What Pulumi makes of an object: the object, changes of one that is there, or several of them. */
const KIND = /^kubernetes:[^:]+:(?<kind>\w+?)(?<form>Patch|List)?$/;

/** An object of Kubernetes, or the changes of one. */
export interface KubernetesObject {
  object: unknown;
  isPatch: boolean;
}

/** The kind of a type of Kubernetes, such as Deployment, and whether it patches or lists what is of it; undefined for others. */
export function kindOf(
  type: string,
): { kind: string; isPatch: boolean; isList: boolean } | undefined {
  const { kind, form } = KIND.exec(type)?.groups ?? {};
  return kind === undefined
    ? undefined
    : { kind, isPatch: form === "Patch", isList: form === "List" };
}

/** The objects of a kind in a resource: one, or those of a list. */
export function objectsOf(
  { props, type }: ResourceValidationArgs,
  kind: string,
): KubernetesObject[] {
  const found = kindOf(type);
  if (found?.kind !== kind) {
    return [];
  }
  const { isList, isPatch } = found;
  const objects: unknown[] = isList ? [props.items].flat() : [props];
  return objects.map((object) => ({ object: object ?? {}, isPatch }));
}

/**
 * The pods that a resource makes: those of a Deployment or StatefulSet, or of anything else that has a template. One that
 * lacks it is a template without anything, of which no policy finds what it demands.
 */
export function podTemplateOf({ props, type }: ResourceValidationArgs): PodTemplate | undefined {
  const { kind = "", isList, isPatch } = kindOf(type) ?? {};
  const path = isList === true || isPatch === true ? undefined : TEMPLATES[kind];
  return path && (path.reduce<unknown>(inner, props) ?? {});
}

/** All containers of a pod, those that run before the others, too. */
export function containersOf({ spec }: PodTemplate): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/**
 * All items of lists with one of some names, wherever they are in a resource: in a pod, in a patch of one, in a list of
 * objects, in objects that others have defined. What is unknown is left out.
 */
export function itemsOf(
  value: unknown,
  lists: readonly string[],
): Partial<Record<string, unknown>>[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.keys(value).flatMap((key) => {
    const inside = known(() => (value as Record<string, unknown>)[key]);
    const own = lists.includes(key) && Array.isArray(inside) ? inside : [];
    const items = [...own.keys()]
      .map((index) => known(() => own[index] as unknown))
      .filter((each) => typeof each === "object" && each !== null);
    return [...(items as Partial<Record<string, unknown>>[]), ...itemsOf(inside, lists)];
  });
}

/** The name of a container or volume, where it has one. */
export function nameOf(item: unknown): string {
  return String(known(() => (item as { name?: unknown } | null)?.name));
}

function inner(value: unknown, name: string): unknown {
  return (value as Partial<Record<string, unknown>> | null | undefined)?.[name];
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
