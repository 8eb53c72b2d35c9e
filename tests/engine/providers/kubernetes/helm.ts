import { unscheduled } from "../aws/eks.ts";
import { NotReady, Refusal, type Made, type Properties } from "../cloud.ts";
import { RELEASE, type Cluster } from "./objects.ts";

/**
 * Installs a release of the load balancer controller as Helm does, which waits for its pods. Helm keeps what came of it in the
 * cluster. Source: `pkg/action` of https://github.com/helm/helm, and `provider/pkg/provider/helm_release.go` of
 * https://github.com/pulumi/pulumi-kubernetes.
 */
export function install(cluster: Cluster, inputs: Properties): Made {
  const id = `${String(inputs.namespace)}/${String(inputs.name)}`;
  if (cluster.cloud.get(RELEASE, cluster.keyOf(id)) !== undefined) {
    throw new Refusal("cannot re-use a name that is still in use");
  }
  return { id, outputs: rolledOut(cluster, id, inputs) };
}

/** Upgrades one, unless its last installation or upgrade has not ended. */
export function upgrade(cluster: Cluster, id: string, inputs: Properties): Properties {
  const { outputs } = cluster.cloud.need(RELEASE, cluster.keyOf(id));
  const { status } = outputs.status as { status: string };
  if (status.startsWith("pending-")) {
    throw new Refusal("another operation (install/upgrade/rollback) is in progress");
  }
  return rolledOut(cluster, id, inputs);
}

function rolledOut(cluster: Cluster, id: string, inputs: Properties): Properties {
  const { name, namespace, values } = inputs;
  const { clusterName, region, vpcId } = values as Properties;
  const fault =
    unscheduled(cluster.cloud, cluster.name, String(namespace)) ??
    (clusterName === cluster.name ? undefined : "the controller is told of another cluster") ??
    (region === undefined || vpcId === undefined ? "there is no instance metadata" : undefined);
  if (fault !== undefined) {
    const outputs = { ...inputs, status: { name, namespace, status: "failed" } };
    throw new NotReady(
      `Helm release ${JSON.stringify(id)} was created, but failed to initialize completely. Use Helm CLI to investigate: failed to become available within allocated timeout. Error: context deadline exceeded (${fault})`,
      { id, outputs },
    );
  }
  return { ...inputs, status: { name, namespace, status: "deployed" } };
}
