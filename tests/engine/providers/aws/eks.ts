import { randomBytes } from "node:crypto";
import { matchesGlob } from "node:path";
import type { Cloud, Properties, Thing } from "../cloud.ts";
import { arn, callerArn, firstOf, list, newId, refuse, type Kind, type Place } from "./kind.ts";
import { hasEgress, isPublic } from "./network.ts";

export const CLUSTER = "aws:eks/cluster:Cluster";
export const PROFILE = "aws:eks/fargateProfile:FargateProfile";
const ADDON = "aws:eks/addon:Addon";
/** Add-ons whose pods are on nodes, and on Fargate part of what AWS runs beside each pod. */
const WITHOUT_PODS = ["kube-proxy", "vpc-cni"];
const ENTRY = "aws:eks/accessEntry:AccessEntry";
const ROLE = "aws:iam/role:Role";
const SUBNET = "aws:ec2/subnet:Subnet";

const isOf =
  (cluster: unknown) =>
  ({ clusterName }: Properties): boolean =>
    clusterName === cluster;

export const EKS: Readonly<Record<string, Kind>> = {
  [CLUSTER]: {
    replacedBy: [
      "accessConfig.bootstrapClusterCreatorAdminPermissions",
      "bootstrapSelfManagedAddons",
      "name",
      "outpostConfig",
      "roleArn",
      // Only without an encryptionConfig that there was; it can be added.
      "encryptionConfig",
    ],
    named: { by: "name", max: 100 },
    make: (inputs, place) => {
      const { name, roleArn, encryptionConfig } = inputs;
      trusts(place.cloud, roleArn, "eks.amazonaws.com");
      const vpcConfig = vpcConfigOf(inputs, place);
      const encryption = encryptionConfig as { provider: { keyArn: string } } | undefined;
      const keyArn = encryption?.provider.keyArn;
      if (
        keyArn !== undefined &&
        !place.cloud.find("aws:kms/key:Key", (key) => key.arn === keyArn)
      ) {
        refuse(`InvalidParameterException: there is no key ${keyArn}`);
      }
      admitCreator(inputs, place);
      const id = randomBytes(16).toString("hex").toUpperCase();
      const host = `${place.region}.${place.dnsSuffix}`;
      return {
        id: String(name),
        outputs: {
          arn: arn(place, "eks", `cluster/${String(name)}`),
          endpoint: `https://${id}.gr7.${place.region}.eks.${place.dnsSuffix}`,
          certificateAuthority: { data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==" },
          identities: [{ oidcs: [{ issuer: `https://oidc.eks.${host}/id/${id}` }] }],
          status: "ACTIVE",
          vpcConfig: { ...vpcConfig, clusterSecurityGroupId: newId("sg") },
        },
      };
    },
    change: (inputs, place, { outputs }) => {
      const [old, now] = [outputs.version, inputs.version].map((version) =>
        Number(String(version).split(".")[1]),
      );
      if (old !== undefined && now !== undefined && (now < old || now > old + 1)) {
        refuse(`InvalidParameterException: Unsupported Kubernetes minor version update to ${now}`);
      }
      const before = outputs.vpcConfig as Properties;
      const vpcConfig = vpcConfigOf(inputs, place);
      if (vpcConfig.vpcId !== before.vpcId) {
        refuse("InvalidParameterException: Provided subnets belong to another VPC");
      }
      return { vpcConfig: { ...before, ...vpcConfig } };
    },
    keptBy: (id, { deletionProtection }, cloud) =>
      deletionProtection === true
        ? "its deletion protection"
        : firstOf(cloud, { [PROFILE]: isOf(id) }),
    // Its objects and access entries go with it. Load balancers stay, and nobody is there who would delete them.
    leaves: (id, _, cloud) => {
      for (const { type, key } of cloud.things) {
        const isObject = type.startsWith("kubernetes:") && key.startsWith(`${id}/`);
        if (isObject || (type === ENTRY && key.startsWith(`${id}:`))) {
          cloud.remove(type, key);
        }
      }
    },
  },
  [PROFILE]: {
    replacedBy: [
      "clusterName",
      "fargateProfileName",
      "podExecutionRoleArn",
      "selectors",
      "subnetIds",
    ],
    named: { by: "fargateProfileName", max: 63 },
    make: (inputs, place) => {
      const { clusterName, fargateProfileName, podExecutionRoleArn, subnetIds } = inputs;
      place.cloud.need(CLUSTER, clusterName);
      trusts(place.cloud, podExecutionRoleArn, "eks-fargate-pods.amazonaws.com");
      for (const id of list(subnetIds)) {
        place.cloud.need(SUBNET, id);
        if (isPublic(place.cloud, id)) {
          refuse(`InvalidParameterException: ${id} is not a private subnet`);
        }
      }
      const path = `${String(clusterName)}/${String(fargateProfileName)}`;
      return {
        id: path.replace("/", ":"),
        outputs: { arn: arn(place, "eks", `fargateprofile/${path}/1`), status: "ACTIVE" },
      };
    },
  },
  [ADDON]: {
    isPlace: true,
    replacedBy: ["addonName", "clusterName"],
    make: ({ clusterName, addonName, configurationValues }, place) => {
      const { bootstrapSelfManagedAddons } = place.cloud.need(CLUSTER, clusterName).outputs;
      const hasPods = !WITHOUT_PODS.includes(String(addonName));
      const pending = unscheduled(place.cloud, String(clusterName), "kube-system");
      if (hasPods && pending !== undefined) {
        refuse(`unexpected state 'DEGRADED' of ${String(addonName)}: ${pending}`);
      }
      const proxy = place.cloud.get(ADDON, `${String(clusterName)}:kube-proxy`);
      if (hasPods && bootstrapSelfManagedAddons === false && proxy === undefined) {
        refuse(`unexpected state 'DEGRADED' of ${String(addonName)}: there is no kube-proxy`);
      }
      if (addonName === "coredns" && !String(configurationValues).includes('"Fargate"')) {
        refuse("unexpected state 'DEGRADED' of coredns: its pods are for EC2");
      }
      const id = `${String(clusterName)}:${String(addonName)}`;
      return { id, outputs: { arn: arn(place, "eks", `addon/${id.replace(":", "/")}/1`) } };
    },
  },
  [ENTRY]: {
    isPlace: true,
    replacedBy: ["clusterName", "principalArn", "type"],
    make: ({ clusterName, principalArn }, { cloud }) => {
      cloud.need(CLUSTER, clusterName);
      return { id: `${String(clusterName)}:${String(principalArn)}` };
    },
  },
  "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {
    isPlace: true,
    replacedBy: ["accessScope", "clusterName", "policyArn", "principalArn"],
    make: ({ clusterName, principalArn, policyArn }, { cloud, partition }) => {
      cloud.need(ENTRY, `${String(clusterName)}:${String(principalArn)}`);
      if (!String(policyArn).startsWith(`arn:${partition}:eks::aws:cluster-access-policy/`)) {
        refuse(`InvalidParameterException: there is no policy ${String(policyArn)}`);
      }
      return { id: `${String(clusterName)}#${String(principalArn)}#${String(policyArn)}` };
    },
  },
};

type Labels = Record<string, string>;

/** Why pods of a namespace do not start, or do not get their images; undefined when they do. */
export function unscheduled(
  cloud: Cloud,
  cluster: string,
  namespace: string,
  labels: Labels = {},
): string | undefined {
  const profiles = cloud.all(PROFILE).filter(({ outputs }) => isOf(cluster)(outputs));
  const profile = profiles.find(({ outputs }) => selects(outputs, namespace, labels));
  if (profile === undefined) {
    return `no Fargate profile of ${cluster} selects pods in ${namespace} with labels ${JSON.stringify(labels)}`;
  }
  const closed = list(profile.outputs.subnetIds).find((id) => !hasEgress(cloud, id));
  return closed && `ImagePullBackOff: there is no way out of ${closed}`;
}

/** Source: https://docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html#fargate-profile-wildcards */
function selects({ selectors }: Thing["outputs"], namespace: string, podLabels: Labels): boolean {
  return (selectors as { namespace: string; labels?: Labels }[]).some(
    (each) =>
      matchesGlob(namespace, each.namespace) &&
      Object.entries(each.labels ?? {}).every(([label, value]) =>
        matchesGlob(podLabels[label] ?? "", value),
      ),
  );
}

/** Who makes a cluster gets an access entry of EKS, and no second one: https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html */
function admitCreator({ name, accessConfig }: Properties, place: Place): void {
  const { bootstrapClusterCreatorAdminPermissions = true } = (accessConfig ?? {}) as Properties;
  if (bootstrapClusterCreatorAdminPermissions === true) {
    const outputs = { clusterName: name, principalArn: callerArn(place) };
    const key = `${String(name)}:${outputs.principalArn}`;
    place.cloud.put({ type: ENTRY, name: "creator", key, inputs: {}, outputs });
  }
}

function trusts(cloud: Cloud, roleArn: unknown, service: string): void {
  const role = cloud.find(ROLE, (outputs) => outputs.arn === roleArn);
  if (!String(role?.outputs.assumeRolePolicy).includes(`"${service}"`)) {
    refuse(`InvalidParameterException: ${service} cannot assume role ${String(roleArn)}`);
  }
}

function vpcConfigOf({ vpcConfig }: Properties, { cloud }: Place): Properties {
  const config = vpcConfig as Properties;
  const subnets = list(config.subnetIds).map((id) => cloud.need(SUBNET, id).outputs);
  const of = (property: string): Set<unknown> => new Set(subnets.map((each) => each[property]));
  if (of("availabilityZone").size < 2 || of("vpcId").size !== 1) {
    refuse("InvalidParameterException: Subnets must be of one VPC, in at least two zones");
  }
  return { ...config, vpcId: subnets[0]?.vpcId };
}
