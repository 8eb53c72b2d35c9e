import { randomBytes } from "node:crypto";
import { NotReady, Refusal, type Cloud, type Made, type Properties } from "../cloud.ts";
import { BALANCER } from "../aws/network.ts";
import { unknownInputs } from "../sdk.ts";
import type { Goal, Provider } from "../provider.ts";
import { changedPaths, secretOf } from "../wire.ts";
import { install, upgrade } from "./helm.ts";
import { isComplete, REPLACES_UNREADY } from "./jobs.ts";
import { Cluster, RELEASE, serverOf, type KubernetesObject } from "./objects.ts";
import { normalized, pruned } from "./pruning.ts";
import { awaited, balancerOf, objectsIn, reconciled, unready } from "./readiness.ts";

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
  Job: ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
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

/** The status of what is being made, by kind; others have a load balancer or no status. */
const UNFINISHED: Readonly<Record<string, Properties>> = {
  Job: { active: 1 },
  Release: { status: "pending-install" },
};

/** What the provider says where it cannot know whether an object is there; deleteUnreachable has it take it for deleted. */
const UNREACHABLE =
  'configured Kubernetes cluster is unreachable. If the cluster was deleted, rerun the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';

/** The kubernetes provider: objects in the clusters of an account, and what controllers do for them. */
export class Kubernetes implements Provider {
  readonly #cloud: Cloud;
  readonly #deleteUnreachable: boolean;

  /** @param deleteUnreachable what PULUMI_K8S_DELETE_UNREACHABLE says in its environment */
  constructor(cloud: Cloud, { deleteUnreachable = false } = {}) {
    this.#cloud = cloud;
    this.#deleteUnreachable = deleteUnreachable;
  }

  check({ type, name, inputs }: Goal, old: Properties | undefined) {
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

  /** Of an object, what is different in the cluster counts, as far as the state knows it. */
  changes(
    type: string,
    { old, now, outputs }: { old: Properties; now: Properties; outputs: Properties },
  ): string[] {
    if (type === RELEASE) {
      return changedPaths(old, now);
    }
    const { annotations } = (now as KubernetesObject).metadata;
    const isRepeated =
      kindOf(type) === "Job" &&
      annotations?.[REPLACES_UNREADY] === "true" &&
      !isComplete(outputs as KubernetesObject);
    return [
      ...changedPaths(pruned(outputs, normalized(old)), normalized(now)),
      ...(isRepeated ? [REPLACES_UNREADY] : []),
    ];
  }

  replaces(type: string, path: string): boolean {
    const names =
      type === RELEASE ? ["name", "namespace"] : ["metadata.name", "metadata.namespace"];
    return [...names, REPLACES_UNREADY, ...(REPLACED_BY[kindOf(type)] ?? [])].some(
      (each) => path === each || path.startsWith(`${each}.`),
    );
  }

  /** As with the real one, where the kubeconfig leads to another cluster. */
  replacesConfig({ old, now }: { old: Properties; now: Properties }): boolean {
    return serverOf(old.kubeconfig) !== serverOf(now.kubeconfig);
  }

  /** Where the two would have one name; never a release. */
  deletesFirst(type: string, { old, now }: { old: Properties; now: Properties }): boolean {
    const nameOf = (inputs: Properties): unknown[] => {
      const { name, namespace, annotations } = (inputs as KubernetesObject).metadata;
      // A new one gets another name.
      return annotations?.[AUTONAMED] === "true" ? [] : [namespace, name];
    };
    return (
      type !== RELEASE && nameOf(now).length > 0 && String(nameOf(old)) === String(nameOf(now))
    );
  }

  keyOf(id: string, { kubeconfig }: Properties): string {
    return Cluster.find(this.#cloud, kubeconfig)?.keyOf(id) ?? id;
  }

  create({ type, urn, inputs, config }: Goal): Made {
    const cluster = this.#reach(config);
    if (type === RELEASE) {
      return install(cluster, inputs);
    }
    const kind = kindOf(type);
    const { namespace, name } = (inputs as KubernetesObject).metadata;
    if (!WITHOUT_NAMESPACE.includes(kind) && !hasNamespace(cluster, namespace)) {
      throw new Refusal(`namespaces "${namespace ?? "default"}" not found`);
    }
    const id = namespace === undefined ? name : `${namespace}/${name}`;
    if (this.#cloud.get(type, cluster.keyOf(id)) !== undefined) {
      throw new Refusal(`${kind.toLowerCase()}s "${name}" already exists`);
    }
    const object = reconciled(cluster, kind, id, inputs as KubernetesObject);
    const made = { id, outputs: object };
    const [why, ...reasons] = awaited(cluster, kind, object);
    if (why !== undefined) {
      const fault = `resource ${JSON.stringify(urn)} was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${why}`;
      throw new NotReady(fault, made, reasons);
    }
    return made;
  }

  /** While it is being made, before its controllers have done anything. */
  unfinished(type: string, { id, outputs }: Made): Made {
    const kind = kindOf(type);
    const status =
      UNFINISHED[kind] ?? (outputs.status === undefined ? undefined : { loadBalancer: {} });
    return { id, outputs: status === undefined ? outputs : { ...outputs, status } };
  }

  read({ type, inputs, config }: Goal, id: string): Made | undefined {
    const cluster = Cluster.find(this.#cloud, config.kubeconfig);
    if (cluster === undefined) {
      if (this.#deleteUnreachable) {
        return undefined;
      }
      throw new Refusal(UNREACHABLE);
    }
    const thing = this.#cloud.get(type, cluster.keyOf(id));
    if (thing === undefined || type === RELEASE) {
      return thing && { id, outputs: thing.outputs, inputs };
    }
    const kind = kindOf(type);
    const object = reconciled(cluster, kind, id, thing.outputs as KubernetesObject);
    this.#cloud.put({ ...thing, outputs: object });
    const live = pruned(object, normalized(inputs));
    const made = {
      id,
      outputs: object,
      inputs: kind === "Secret" ? { ...live, data: secretOf(live.data) } : live,
    };
    const reasons = unready(cluster, kind, object);
    if (reasons.length > 0) {
      const { name } = object.metadata;
      throw new NotReady(`Resource '${name}' was created but failed to initialize`, made, reasons);
    }
    return made;
  }

  update({ type, inputs, config }: Goal, id: string): Properties {
    const cluster = this.#reach(config);
    if (type === RELEASE) {
      return upgrade(cluster, id, inputs);
    }
    const kind = kindOf(type);
    // A Job that has ended does not start again.
    const { status } = this.#cloud.need(type, cluster.keyOf(id)).outputs;
    const wanted = (kind === "Job" ? { ...inputs, status } : inputs) as KubernetesObject;
    const object = reconciled(cluster, kind, id, wanted);
    const [why, ...reasons] = awaited(cluster, kind, object);
    if (why !== undefined) {
      const fault = `the Kubernetes API server reported that ${JSON.stringify(id)} failed to fully initialize or become live: ${why}`;
      throw new NotReady(fault, { id, outputs: object }, reasons);
    }
    return object;
  }

  delete({ type, config }: Goal, id: string): void {
    const cluster = Cluster.find(this.#cloud, config.kubeconfig);
    if (cluster === undefined) {
      if (type === RELEASE) {
        throw new Refusal("can't delete Helm Release with unreachable cluster");
      }
      if (!this.#deleteUnreachable) {
        throw new Refusal(UNREACHABLE);
      }
      return;
    }
    const kind = kindOf(type);
    if (kind === "Namespace") {
      for (const { type: each, key } of objectsIn(cluster, id)) {
        this.#unbalance(cluster, kindOf(each), key.slice(cluster.name.length + 1));
        this.#cloud.remove(each, key);
      }
    }
    this.#unbalance(cluster, kind, id);
  }

  /** @throws Refusal where the kubeconfig leads to no cluster */
  #reach({ kubeconfig }: Properties): Cluster {
    const cluster = Cluster.find(this.#cloud, kubeconfig);
    if (cluster === undefined) {
      const server = serverOf(kubeconfig) ?? "no server";
      throw new Refusal(`configured Kubernetes cluster is unreachable: ${server}`);
    }
    return cluster;
  }

  /** The controller deletes a load balancer, and with it the object's finalizer; of the controller Pulumi knows nothing. */
  #unbalance(cluster: Cluster, kind: string, id: string): void {
    const key = balancerOf(cluster, kind, id);
    if (this.#cloud.get(BALANCER, key) === undefined) {
      return;
    }
    if (!cluster.controllerWorks()) {
      throw new Refusal("timed out waiting for the condition");
    }
    this.#cloud.remove(BALANCER, key);
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
