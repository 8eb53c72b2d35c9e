import type { Properties, Thing } from "../cloud.ts";
import { BALANCER } from "../aws/network.ts";
import { unscheduled } from "../aws/eks.ts";
import { PUSHED } from "../aws/services.ts";
import { namespaceOf, type Cluster, type KubernetesObject } from "./objects.ts";

interface PodSpec {
  serviceAccountName?: string;
  containers: { image: string; envFrom?: { secretRef?: { name: string } }[] }[];
  volumes?: { configMap?: { name: string } }[];
}

/** Why an object does not get ready, as far as Pulumi waits for it; sets its status. */
export function pending(
  cluster: Cluster,
  kind: string,
  id: string,
  object: KubernetesObject,
): string | undefined {
  const why = settle(cluster, kind, id, object);
  const wanted = /^jsonpath=\{\.(.+)\}$/.exec(
    object.metadata.annotations?.["pulumi.com/waitFor"] ?? "",
  )?.[1];
  if (wanted === undefined) {
    return why;
  }
  const path = wanted.split(/[.[\]]+/).filter((step) => step !== "");
  const value = path.reduce<unknown>(
    (inner, step) => (inner as Properties | undefined)?.[step],
    object,
  );
  return value === undefined ? (why ?? `timed out waiting for ${wanted}`) : undefined;
}

function settle(
  cluster: Cluster,
  kind: string,
  id: string,
  object: KubernetesObject,
): string | undefined {
  const { metadata, spec } = object;
  switch (kind) {
    case "Deployment":
    case "StatefulSet":
      return podsFault(cluster, object);
    case "Service":
      object.spec = { clusterIP: "172.20.0.10", ...spec };
      return spec?.type === "LoadBalancer"
        ? balance(cluster, kind, id, object, "nlb-target-type")
        : endpointsFault(cluster, metadata.namespace ?? "", spec?.selector as object);
    case "Ingress":
      return balance(cluster, kind, id, object, "target-type");
    default:
      return undefined;
  }
}

/** Why the pods of a Deployment or StatefulSet do not start. */
function podsFault(cluster: Cluster, { metadata, spec }: KubernetesObject): string | undefined {
  const namespace = metadata.namespace ?? "";
  const fault = unscheduled(cluster.cloud, cluster.name, namespace);
  if (fault !== undefined) {
    return fault;
  }
  const pod = (spec?.template as { spec: PodSpec }).spec;
  const needed: [kind: string, name: string | undefined][] = [
    ["ServiceAccount", pod.serviceAccountName],
    ...(pod.volumes ?? []).map(({ configMap }): [string, string | undefined] => [
      "ConfigMap",
      configMap?.name,
    ]),
    ...pod.containers.flatMap(({ envFrom = [] }) =>
      envFrom.map(({ secretRef }): [string, string | undefined] => ["Secret", secretRef?.name]),
    ),
  ];
  const missing = needed.find(
    ([kind, name]) => name !== undefined && !cluster.has(kind, namespace, name),
  );
  if (missing !== undefined) {
    return `${missing[0]} "${missing[1] ?? ""}" not found`;
  }
  const unpulled = pod.containers.find(({ image }) => !isPullable(cluster, image));
  return unpulled && `ImagePullBackOff: ${unpulled.image} not found`;
}

/** An image in a registry of the account has to be pushed; others are taken to be there. */
function isPullable({ cloud }: Cluster, image: string): boolean {
  return !image.includes(".dkr.ecr.") || cloud.get(PUSHED, image) !== undefined;
}

function endpointsFault(cluster: Cluster, namespace: string, selector: object): string | undefined {
  const labels = JSON.stringify(selector);
  const matches = ({ outputs }: Thing): boolean =>
    JSON.stringify((outputs as KubernetesObject).spec?.template).includes(labels.slice(1, -1));
  const pods = ["Deployment", "StatefulSet"].flatMap((kind) => cluster.objects(kind, namespace));
  return pods.some(matches) ? undefined : "Service does not target any Pods";
}

/** Has the controller make a load balancer, which has network interfaces in the VPC. */
function balance(
  cluster: Cluster,
  kind: string,
  id: string,
  object: KubernetesObject,
  targetType: string,
): string | undefined {
  const fault = cluster.controllerFault();
  if (fault !== undefined) {
    return fault;
  }
  const key = balancerOf(cluster, kind, id);
  const annotations = Object.entries(object.metadata.annotations ?? {});
  if (!annotations.some(([name, value]) => name.endsWith(targetType) && value === "ip")) {
    return "there are no instances that could be targets";
  }
  const { region } = cluster.thing.outputs;
  const hostname = `k8s-${id.replace("/", "-")}.elb.${String(region)}.amazonaws.com`;
  const { vpcId } = cluster.thing.outputs.vpcConfig as Properties;
  cluster.cloud.put({ type: BALANCER, name: key, key, inputs: {}, outputs: { vpcId, hostname } });
  object.status = { loadBalancer: { ingress: [{ hostname }] } };
  return undefined;
}

/** Where the account keeps the load balancer of a Service or an Ingress. */
export function balancerOf(cluster: Cluster, kind: string, id: string): string {
  return `${cluster.name}/${kind}/${id}`;
}

/** The objects of a namespace, which go with it. */
export function objectsIn(cluster: Cluster, namespace: string): Thing[] {
  return cluster.objects().filter(({ outputs }) => namespaceOf(outputs) === namespace);
}
