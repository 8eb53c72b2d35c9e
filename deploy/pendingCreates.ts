import type { Resource, State } from "./state.ts";

interface ObjectInputs {
  name?: string;
  namespace?: string;
  metadata?: { name?: string; namespace?: string };
}

type Inputs = Readonly<Record<string, string | undefined>>;

/** Commands that delete resources whose creation takes minutes; others are seldom interrupted. */
const IN_AWS: Readonly<Record<string, (inputs: Inputs) => string>> = {
  "aws:eks/addon:Addon": ({ clusterName, addonName, region }) =>
    `aws eks delete-addon --cluster-name ${clusterName} --addon-name ${addonName} --region ${region}`,
  "aws:eks/cluster:Cluster": ({ name, region }) =>
    `aws eks delete-cluster --name ${name} --region ${region}`,
  "aws:eks/fargateProfile:FargateProfile": ({ clusterName, fargateProfileName, region }) =>
    `aws eks delete-fargate-profile --cluster-name ${clusterName} --fargate-profile-name ${fargateProfileName} --region ${region}`,
  "aws:rds/instance:Instance": ({ identifier, region }) =>
    `aws rds delete-db-instance --db-instance-identifier ${identifier} --skip-final-snapshot --region ${region}`,
};

/**
 * The pending creates that a person must settle before the next run: a resource that was being created when an engine was killed may
 * exist without being in the state. A refresh keeps the pending create, and an update creates the resource again or fails because its
 * name is taken.
 *
 * An existing resource must be deleted; nothing uses it yet. `pulumi refresh --import-pending-creates` does not adopt it: it drops the
 * pending create and imports nothing (Pulumi 3.259; the source of 3.276 is the same).
 *
 * @returns undefined if there is no pending create
 */
export function pendingCreatesFault(stack: string, state: State): string | undefined {
  const pending = (state.pending_operations ?? [])
    .filter(({ type }) => type === "creating")
    .map(({ resource }) => resource);
  if (pending.length === 0) {
    return undefined;
  }
  return [
    `stack ${stack} has ${pending.length} pending creates: an interrupted run was making these resources, and Pulumi does not know whether they exist`,
    ...pending.flatMap((resource) => [
      `  ${resource.urn}`,
      `    if it exists, delete it: ${deletion(resource)}`,
    ]),
    "then settle them all, and run this again:",
    `  npx pulumi refresh --stack ${stack} --clear-pending-creates --yes --non-interactive`,
  ].join("\n");
}

function deletion({ type, inputs = {} }: Resource): string {
  const { name, namespace, metadata } = inputs as ObjectInputs;
  if (type === "kubernetes:helm.sh/v3:Release") {
    // Helm's record of the release; the next installation adopts the existing objects.
    return `kubectl delete secret --namespace ${namespace} --selector owner=helm,name=${name}`;
  }
  if (type.startsWith("kubernetes:")) {
    const kind = type.split(":").at(-1)?.toLowerCase();
    const where = metadata?.namespace === undefined ? "" : ` --namespace ${metadata.namespace}`;
    return `kubectl delete ${kind} ${metadata?.name}${where} --ignore-not-found`;
  }
  const command = IN_AWS[type]?.(inputs as Inputs);
  const named = typeof name === "string" ? ` named ${name}` : "";
  return command ?? `look for a ${type.split(":").at(-1)}${named} in the AWS console`;
}
