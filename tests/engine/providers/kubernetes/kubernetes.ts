import { randomBytes } from "node:crypto";
import { Refusal, type Cloud, type Properties } from "../cloud.ts";
import { BALANCER } from "../aws/network.ts";
import { unscheduled } from "../aws/eks.ts";
import { unknownInputs } from "../sdk.ts";
import type { Asked, Provider } from "../server.ts";
import { Cluster, notReady, RELEASE, serverOf, type KubernetesObject } from "./objects.ts";
import { balancerOf, objectsIn, pending } from "./readiness.ts";

const WITHOUT_NAMESPACE = ["Namespace"];
const GIVEN_NAMESPACES = ["default", "kube-system"];
const AUTONAMED = "pulumi.com/autonamed";

/**
 * Inputs whose change makes another object, beside names. Source: `provider/pkg/clients/forcenew.go` of
 * https://github.com/pulumi/pulumi-kubernetes.
 */
const REPLACED_BY: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ["binaryData", "data"],
  Deployment: ["spec.selector"],
  Secret: ["data", "stringData", "type"],
  Service: ["spec.clusterIP"],
  StatefulSet: [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
};

/** The kubernetes provider: objects in the clusters of an account, and what controllers do for them. */
export class Kubernetes implements Provider {
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  check({ type, name, inputs }: Asked, old: Properties | undefined) {
    const faults = unknownInputs(type, inputs);
    if (type === RELEASE) {
      return { inputs, faults };
    }
    const metadata = { ...(inputs.metadata as KubernetesObject["metadata"] | undefined) };
    const before = (old as KubernetesObject | undefined)?.metadata;
    if (!("name" in metadata)) {
      metadata.name =
        before?.annotations?.[AUTONAMED] === "true"
          ? before.name
          : `${name}-${randomBytes(4).toString("hex")}`;
      metadata.annotations = { ...metadata.annotations, [AUTONAMED]: "true" };
    }
    return { inputs: { ...inputs, metadata }, faults };
  }

  replaces(type: string, path: string): boolean {
    const names =
      type === RELEASE ? ["name", "namespace"] : ["metadata.name", "metadata.namespace"];
    return [...names, ...(REPLACED_BY[kindOf(type)] ?? [])].some(
      (each) => path === each || path.startsWith(`${each}.`),
    );
  }

  /** As with the real one, where the kubeconfig leads to another cluster. */
  replacesConfig({ old, now }: { old: Properties; now: Properties }): boolean {
    return serverOf(old.kubeconfig) !== serverOf(now.kubeconfig);
  }

  /** Where the two would have one name. */
  deletesFirst(type: string, { old, now }: { old: Properties; now: Properties }): boolean {
    const nameOf = (inputs: Properties): unknown[] => {
      const given = type === RELEASE ? inputs : (inputs as KubernetesObject).metadata;
      const { name, namespace, annotations } = given as KubernetesObject["metadata"];
      // A new one gets another name.
      return annotations?.[AUTONAMED] === "true" ? [] : [namespace, name];
    };
    return nameOf(now).length > 0 && String(nameOf(old)) === String(nameOf(now));
  }

  keyOf(id: string, { kubeconfig }: Properties): string {
    return new Cluster(this.#cloud, kubeconfig).keyOf(id);
  }

  create({ type, inputs, config }: Asked) {
    const cluster = new Cluster(this.#cloud, config.kubeconfig);
    if (type === RELEASE) {
      return this.#release(cluster, inputs);
    }
    const kind = kindOf(type);
    const object = structuredClone(inputs) as KubernetesObject;
    const { namespace, name } = object.metadata;
    if (!WITHOUT_NAMESPACE.includes(kind) && !hasNamespace(cluster, namespace)) {
      throw new Refusal(`namespaces "${namespace ?? "default"}" not found`);
    }
    const id = namespace === undefined ? name : `${namespace}/${name}`;
    const existing = this.#cloud.get(type, cluster.keyOf(id));
    if (existing !== undefined) {
      throw new Refusal(`${kind.toLowerCase()}s "${name}" already exists`);
    }
    const why = pending(cluster, kind, id, object);
    if (why !== undefined) {
      notReady(id, object, why);
    }
    return { id, outputs: object };
  }

  update({ type, inputs, config }: Asked, id: string): Properties {
    const cluster = new Cluster(this.#cloud, config.kubeconfig);
    const object = structuredClone(inputs) as KubernetesObject;
    const why = type === RELEASE ? undefined : pending(cluster, kindOf(type), id, object);
    if (why !== undefined) {
      notReady(id, object, why);
    }
    return object;
  }

  delete({ type, config }: Asked, id: string): void {
    const cluster = new Cluster(this.#cloud, config.kubeconfig);
    const kind = kindOf(type);
    if (kind === "Namespace") {
      for (const { type: each, key } of objectsIn(cluster, id)) {
        this.#unbalance(cluster, kindOf(each), key.slice(cluster.name.length + 1));
        this.#cloud.remove(each, key);
      }
    }
    this.#unbalance(cluster, kind, id);
  }

  /** The controller deletes a load balancer, and with it the object's finalizer. */
  #unbalance(cluster: Cluster, kind: string, id: string): void {
    const key = balancerOf(cluster, kind, id);
    if (this.#cloud.get(BALANCER, key) === undefined) {
      return;
    }
    const fault = cluster.controllerFault();
    if (fault !== undefined) {
      throw new Refusal(`timed out waiting for ${kind} ${id} to be deleted: ${fault}`);
    }
    this.#cloud.remove(BALANCER, key);
  }

  /** Helm waits for the pods of a release. */
  #release(cluster: Cluster, inputs: Properties) {
    const { name, namespace, values } = inputs;
    const id = `${String(namespace)}/${String(name)}`;
    if (this.#cloud.get(RELEASE, cluster.keyOf(id)) !== undefined) {
      throw new Refusal("cannot re-use a name that is still in use");
    }
    const { clusterName, region, vpcId } = values as Properties;
    const fault =
      unscheduled(this.#cloud, cluster.name, String(namespace)) ??
      (clusterName === cluster.name ? undefined : "the controller is told of another cluster") ??
      (region === undefined || vpcId === undefined ? "there is no instance metadata" : undefined);
    const outputs = { ...inputs, status: { name, namespace, status: "deployed" } };
    if (fault !== undefined) {
      notReady(
        id,
        { ...outputs, status: { status: "failed" } },
        `context deadline exceeded: ${fault}`,
      );
    }
    return { id, outputs };
  }
}

function hasNamespace(cluster: Cluster, name = "default"): boolean {
  return (
    GIVEN_NAMESPACES.includes(name) ||
    cluster.objects("Namespace").some(({ key }) => key === cluster.keyOf(name))
  );
}

function kindOf(type: string): string {
  return type.split(":").at(-1) ?? "";
}
