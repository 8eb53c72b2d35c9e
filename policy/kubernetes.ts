import * as k8s from "@pulumi/kubernetes";
import type { Unwrap } from "@pulumi/pulumi";
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import type { Stack } from "./stack.ts";
import { known } from "./violation.ts";

export type PodTemplate = Unwrap<k8s.types.input.core.v1.PodTemplateSpec>;
export type Container = Unwrap<k8s.types.input.core.v1.Container>;

/** A Service or an Ingress that creates a load balancer. */
export interface Front {
  resource: PolicyResource;
  /** Reads the deregistration delay in seconds. */
  delay: () => string | undefined;
  /** Selectors of its Services, each with labels of pods. */
  selectors: Record<string, string>[];
}

/** Name of the Release that creates load balancers. */
export const CONTROLLER = "aws-load-balancer-controller";

/** Prefixes of the annotations that the controller reads at a Service and at an Ingress. */
export const SERVICE_PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";
export const INGRESS_PREFIX = "alb.ingress.kubernetes.io/";

const TARGET_GROUP = "target-group-attributes";

/** An attribute of target groups: the seconds for which a load balancer deregisters a pod. */
export const DEREGISTRATION_DELAY = "deregistration_delay.timeout_seconds";

/** The lists of containers in a pod. */
export const CONTAINERS = ["initContainers", "containers", "ephemeralContainers"];

/** The path of the pod template by kind of object. */
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

/** Pulumi's type of an object, of a patch of an existing object, or of a list. */
const KIND = /^kubernetes:[^:]+:(?<kind>\w+?)(?<form>Patch|List)?$/;

/** An object of Kubernetes, or a patch of one. */
export interface KubernetesObject {
  object: unknown;
  isPatch: boolean;
}

/** The kind of a Kubernetes type, such as Deployment, and whether it is a patch or a list; undefined for other types. */
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
 * The template of the pods that a resource creates. If it is missing, it is an empty template, in which policies find
 * nothing that they require.
 */
export function podTemplateOf({ props, type }: ResourceValidationArgs): PodTemplate | undefined {
  const { kind = "", isList, isPatch } = kindOf(type) ?? {};
  const path = isList === true || isPatch === true ? undefined : TEMPLATES[kind];
  return path && (path.reduce<unknown>(inner, props) ?? {});
}

/** All containers of a pod, with init containers. */
export function containersOf({ spec }: PodTemplate): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/**
 * All items of lists with one of the given names, anywhere in a resource: in pods, patches, lists of objects and custom
 * resources. Unknown values are left out.
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

/** The name of a container or volume. */
export function nameOf(item: unknown): string {
  return String(known(() => (item as { name?: unknown } | null)?.name));
}

function inner(value: unknown, name: string): unknown {
  return (value as Partial<Record<string, unknown>> | null | undefined)?.[name];
}

/** All Services and Ingresses of a stack that create load balancers. */
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
      // By dependency, because a Service's name may still be unknown.
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
