import type { Cloud, Properties, Thing } from "../cloud.ts";
import { CLUSTER, unscheduled } from "../aws/eks.ts";

export const RELEASE = "kubernetes:helm.sh/v3:Release";

/** An object as Kubernetes writes it, of whatever kind. */
export interface KubernetesObject extends Properties {
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: Properties;
  status?: Properties;
}

/** The cluster that a provider's kubeconfig leads to. */
export class Cluster {
  readonly cloud: Cloud;
  readonly thing: Thing;

  private constructor(cloud: Cloud, thing: Thing) {
    this.cloud = cloud;
    this.thing = thing;
  }

  /** Undefined where it leads to none. */
  static find(cloud: Cloud, kubeconfig: unknown): Cluster | undefined {
    const server = serverOf(kubeconfig);
    const thing = cloud.find(CLUSTER, ({ endpoint }) => endpoint === server);
    return thing && new Cluster(cloud, thing);
  }

  get name(): string {
    return this.thing.key;
  }

  keyOf(id: string): string {
    return `${this.name}/${id}`;
  }

  /** All objects of a kind, or of all kinds, in a namespace, or in all. */
  objects(kind?: string, namespace?: string): Thing[] {
    return this.cloud.things.filter(
      ({ type, key, outputs }) =>
        type.startsWith("kubernetes:") &&
        key.startsWith(`${this.name}/`) &&
        (kind === undefined || type.endsWith(`:${kind}`)) &&
        (namespace === undefined || namespaceOf(outputs) === namespace),
    );
  }

  has(kind: string, namespace: string, name: unknown): boolean {
    return this.objects(kind, namespace).some(
      ({ outputs }) => (outputs as KubernetesObject).metadata.name === name,
    );
  }

  /** The release of the load balancer controller. */
  controller(): Thing | undefined {
    return this.objects("Release").find(
      ({ outputs }) => outputs.chart === "aws-load-balancer-controller",
    );
  }

  /** Whether the controller makes and deletes load balancers: its pods run, and may do it. */
  controllerWorks(): boolean {
    const release = this.controller();
    if (
      this.cloud.controllersAreDown ||
      release === undefined ||
      unscheduled(this.cloud, this.name, String(release.outputs.namespace)) !== undefined
    ) {
      return false;
    }
    const { serviceAccount } = release.outputs.values as {
      serviceAccount: { annotations: Record<string, string> };
    };
    const arn = serviceAccount.annotations["eks.amazonaws.com/role-arn"];
    const role = this.cloud.find("aws:iam/role:Role", (outputs) => outputs.arn === arn);
    return (
      role !== undefined &&
      this.cloud.find("aws:iam/rolePolicy:RolePolicy", (policy) => policy.role === role.key) !==
        undefined
    );
  }
}

export function namespaceOf(object: Properties): string | undefined {
  return (object as { metadata?: { namespace?: string } }).metadata?.namespace;
}

export function serverOf(kubeconfig: unknown): string | undefined {
  try {
    const { clusters } = JSON.parse(String(kubeconfig)) as {
      clusters: { cluster: { server: string } }[];
    };
    return clusters[0]?.cluster.server;
  } catch {
    return undefined;
  }
}
