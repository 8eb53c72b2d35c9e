import type { Properties, Thing } from "../cloud.ts";
import { BALANCER } from "../aws/network.ts";
import { unscheduled } from "../aws/eks.ts";
import { PUSHED } from "../aws/services.ts";
import { failureOf, jobStatus } from "./jobs.ts";
import { namespaceOf, type Cluster, type KubernetesObject } from "./objects.ts";
import { normalized } from "./pruning.ts";

interface PodSpec {
  serviceAccountName?: string;
  containers: { image: string; envFrom?: { secretRef?: { name: string } }[] }[];
  volumes?: { configMap?: { name: string }; secret?: { secretName: string } }[];
}

/** Where the load balancer controller is told to send to pods, which have no nodes. */
const TARGET_TYPES: Readonly<Record<string, string>> = {
  Ingress: "alb.ingress.kubernetes.io/target-type",
  Service: "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type",
};

/** An object as it is when the API server and the controllers have seen it: with their fields, and a load balancer where it asks for one. */
export function reconciled(
  cluster: Cluster,
  kind: string,
  id: string,
  inputs: KubernetesObject,
): KubernetesObject {
  const object = structuredClone(
    kind === "Secret" ? normalized(inputs) : inputs,
  ) as KubernetesObject;
  if (kind === "Job") {
    object.status = jobStatus(cluster, object, podsFault(cluster, object));
  }
  if (kind !== "Service" && kind !== "Ingress") {
    return object;
  }
  // Empty, and not missing, for as long as there is no load balancer.
  object.status = { loadBalancer: {} };
  if (kind === "Service") {
    object.spec = { clusterIP: "172.20.0.10", ...object.spec };
  }
  const wanted = kind === "Ingress" || object.spec?.type === "LoadBalancer";
  const targets = object.metadata.annotations?.[TARGET_TYPES[kind] ?? ""];
  if (wanted && targets === "ip" && cluster.controllerWorks()) {
    const hostname = balance(cluster, kind, id);
    object.status = { loadBalancer: { ingress: [{ hostname }] } };
  }
  return object;
}

/** Why an object that was made or changed is not ready, as far as Pulumi waits for it; none where it is. */
export function awaited(cluster: Cluster, kind: string, object: KubernetesObject): string[] {
  const wanted = /^jsonpath=\{\.(.+)\}$/.exec(
    object.metadata.annotations?.["pulumi.com/waitFor"] ?? "",
  )?.[1];
  if (wanted === undefined) {
    const reasons = unready(cluster, kind, object);
    const why =
      kind === "Job"
        ? `Resource '${object.metadata.name}' was created but failed to initialize`
        : `'${object.metadata.name}' timed out waiting to be Ready`;
    return reasons.length === 0 ? [] : [why, ...reasons];
  }
  const path = wanted.split(/[.[\]]+/).filter((step) => step !== "");
  const value = path.reduce<unknown>(
    (inner, step) => (inner as Properties | undefined)?.[step],
    object,
  );
  return value === undefined ? ["timed out waiting for the condition"] : [];
}

/**
 * Why an object is not ready by Pulumi's own idea of its kind, which alone counts when it is read, whatever the object's annotations say.
 * Source: `provider/pkg/await` of https://github.com/pulumi/pulumi-kubernetes.
 */
export function unready(cluster: Cluster, kind: string, object: KubernetesObject): string[] {
  const { metadata, spec = {}, status } = object;
  const ingress = (status?.loadBalancer as Properties | undefined)?.ingress;
  switch (kind) {
    case "Deployment":
    case "StatefulSet": {
      const fault = podsFault(cluster, object);
      return fault === undefined ? [] : ["Minimum number of live Pods was not attained", fault];
    }
    case "Service":
      return [
        ...(hasUnreadyPods(cluster, metadata.namespace ?? "", spec)
          ? ["Service does not target any Pods. Selected Pods may not be ready"]
          : []),
        ...(spec.type === "LoadBalancer" && ingress === undefined
          ? ["Service was not allocated an IP address; does your cloud provider support this?"]
          : []),
      ];
    case "Job":
      return failureOf(object);
    case "Ingress":
      return ingress === undefined
        ? ["Ingress .status.loadBalancer field was not updated with a hostname/IP address."]
        : [];
    default:
      return [];
  }
}

/** Why the pods of a Deployment, StatefulSet or Job do not start. */
function podsFault(cluster: Cluster, { metadata, spec }: KubernetesObject): string | undefined {
  const namespace = metadata.namespace ?? "";
  const template = spec?.template as {
    metadata?: { labels?: Record<string, string> };
    spec: PodSpec;
  };
  const fault = unscheduled(cluster.cloud, cluster.name, namespace, template.metadata?.labels);
  if (fault !== undefined) {
    return fault;
  }
  const pod = template.spec;
  const needed: [kind: string, name: string | undefined][] = [
    ["ServiceAccount", pod.serviceAccountName],
    ...(pod.volumes ?? []).flatMap(({ configMap, secret }): [string, string | undefined][] => [
      ["ConfigMap", configMap?.name],
      ["Secret", secret?.secretName],
    ]),
    ...pod.containers.flatMap(({ envFrom = [] }) =>
      envFrom.map(({ secretRef }): [string, string | undefined] => ["Secret", secretRef?.name]),
    ),
  ];
  const missing = needed.find(
    ([kind, name]) => name !== undefined && !cluster.has(kind, namespace, name),
  );
  if (missing !== undefined) {
    return `[Pod ${metadata.name}-0]: ${missing[0]} "${missing[1] ?? ""}" not found`;
  }
  const unpulled = pod.containers.find(({ image }) => !isPullable(cluster, image));
  return (
    unpulled &&
    `[Pod ${metadata.name}-0]: containers with unready status -- [ImagePullBackOff] Back-off pulling image "${unpulled.image}"`
  );
}

/** An image in a registry of the account has to be pushed; others are taken to be there. */
function isPullable({ cloud }: Cluster, image: string): boolean {
  return !image.includes(".dkr.ecr.") || cloud.get(PUSHED, image) !== undefined;
}

/** Whether a Service has pods that are not ready; to have none at all is no fault. */
function hasUnreadyPods(cluster: Cluster, namespace: string, spec: Properties): boolean {
  const { clusterIP, selector } = spec;
  if (clusterIP === "None" || selector === undefined) {
    return false;
  }
  const labels = JSON.stringify(selector).slice(1, -1);
  return ["Deployment", "StatefulSet"]
    .flatMap((kind) => cluster.objects(kind, namespace))
    .map(({ outputs }) => outputs as KubernetesObject)
    .filter((pods) => JSON.stringify(pods.spec?.template).includes(labels))
    .some((pods) => podsFault(cluster, pods) !== undefined);
}

/** Has the controller make a load balancer, which has network interfaces in the VPC; its host name. */
function balance(cluster: Cluster, kind: string, id: string): string {
  const key = balancerOf(cluster, kind, id);
  const { region, vpcConfig } = cluster.thing.outputs;
  const hostname = `k8s-${id.replace("/", "-")}.elb.${String(region)}.amazonaws.com`;
  const { vpcId } = vpcConfig as Properties;
  cluster.cloud.put({ type: BALANCER, name: key, key, inputs: {}, outputs: { vpcId, hostname } });
  return hostname;
}

/** Where the account keeps the load balancer of a Service or an Ingress. */
export function balancerOf(cluster: Cluster, kind: string, id: string): string {
  return `${cluster.name}/${kind}/${id}`;
}

/** The objects of a namespace, which go with it. */
export function objectsIn(cluster: Cluster, namespace: string): Thing[] {
  return cluster.objects().filter(({ outputs }) => namespaceOf(outputs) === namespace);
}
