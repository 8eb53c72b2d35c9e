import { NotReady, Refusal, type Cloud, type Properties, type Thing } from "../cloud.ts";
import { CLUSTER } from "../aws/eks.ts";

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

  /** @throws Refusal where it leads to none */
  constructor(cloud: Cloud, kubeconfig: unknown) {
    const server = serverOf(kubeconfig);
    const thing = cloud.find(CLUSTER, ({ endpoint }) => endpoint === server);
    if (thing === undefined) {
      throw new Refusal(`configured Kubernetes cluster is unreachable: ${server ?? "no server"}`);
    }
    this.cloud = cloud;
    this.thing = thing;
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

  /** The release of the load balancer controller, where there is one whose pods run. */
  controller(): Thing | undefined {
    return this.objects("Release").find(
      ({ outputs }) => outputs.chart === "aws-load-balancer-controller",
    );
  }

  /** Why the controller cannot do anything; undefined when it can. */
  controllerFault(): string | undefined {
    const release = this.controller();
    if (release === undefined) {
      return "there is no load balancer controller";
    }
    const { serviceAccount } = release.outputs.values as {
      serviceAccount: { annotations: Record<string, string> };
    };
    const arn = serviceAccount.annotations["eks.amazonaws.com/role-arn"];
    const role = this.cloud.find("aws:iam/role:Role", (outputs) => outputs.arn === arn);
    const policy = this.cloud.find(
      "aws:iam/rolePolicy:RolePolicy",
      (outputs) => outputs.role === role?.key,
    );
    return role === undefined || policy === undefined
      ? `AccessDenied: the controller's role ${arn ?? ""} may do nothing`
      : undefined;
  }
}

export function namespaceOf(object: Properties): string | undefined {
  return (object as { metadata?: { namespace?: string } }).metadata?.namespace;
}

/** What Pulumi says of an object that is there and does not get ready. */
export function notReady(id: string, outputs: Properties, why: string): never {
  throw new NotReady(
    `the Kubernetes API server reported that "${id}" failed to fully initialize or become live: ${why}`,
    { id, outputs },
  );
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
