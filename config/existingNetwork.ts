import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf, within, type Fault } from "../app/contract/fault.ts";
import { ZONES_WITHOUT_EKS } from "../components/network/zones.ts";
import type { Settings } from "./stackSettings.ts";

export type ExistingNetwork = NonNullable<Settings["network"]>;

/** What AWS reports of a subnet. */
type Subnet = Pick<
  aws.ec2.GetSubnetResult,
  "availabilityZone" | "availabilityZoneId" | "id" | "tags"
>;

/** The subnets' settings, and the tags by which the load balancer controller finds them for a load balancer. */
const ROLES = {
  privateSubnetIds: "kubernetes.io/role/internal-elb",
  publicSubnetIds: "kubernetes.io/role/elb",
} as const;

/** Prefix of the tags that reserve a subnet for clusters. */
const CLUSTER_TAG = "kubernetes.io/cluster/";

/** Values of the tags of roles that the controller accepts. */
const ROLE_VALUES = ["", "1"];

/**
 * Rejects, before anything is created, a network in which the cluster, its pods or the load balancers could not be created.
 *
 * @param clusterName of the cluster whose controller looks for subnets
 * @returns names of the zones of its private subnets
 * @throws pulumi.RunError naming every fault at once
 */
export async function checkNetwork(
  network: ExistingNetwork,
  clusterName: string,
  opts: pulumi.InvokeOptions,
): Promise<string[]> {
  const { vpcId, privateSubnetIds } = network;
  const filters = [{ name: "vpc-id", values: [vpcId] }];
  // AWS fails if it is asked for a subnet or a VPC that does not exist.
  const { ids } = await aws.ec2.getSubnets({ filters }, opts);
  const given = [...network.publicSubnetIds, ...privateSubnetIds].filter((id) => ids.includes(id));
  const subnets = await Promise.all(given.map((id) => aws.ec2.getSubnet({ id }, opts)));
  const faults =
    ids.length === 0
      ? [{ name: "vpcId", got: vpcId, mustBe: "a VPC with subnets in the region of the stack" }]
      : [
          ...(await dnsFaults(vpcId, opts)),
          ...subnetFaults(network, "publicSubnetIds", subnets, clusterName),
          ...subnetFaults(network, "privateSubnetIds", subnets, clusterName),
        ];
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(within("network.", faults)));
  }
  const zones = subnets
    .filter(({ id }) => privateSubnetIds.includes(id))
    .map(({ availabilityZone }) => availabilityZone);
  return [...new Set(zones)].toSorted();
}

/** Pods find the cluster, and apps the database, by names that only the VPC's DNS resolves. */
async function dnsFaults(vpcId: string, opts: pulumi.InvokeOptions): Promise<Fault[]> {
  const vpc = await aws.ec2.getVpc({ id: vpcId }, opts);
  return vpc.enableDnsHostnames && vpc.enableDnsSupport
    ? []
    : [
        {
          name: "vpcId",
          got: vpcId,
          mustBe: "a VPC with DNS support and DNS hostnames, which EKS requires",
          // AWS accepts only one attribute at a time, and the second one only after the first.
          fix: `run aws ec2 modify-vpc-attribute --vpc-id ${vpcId} --enable-dns-support, then the same with --enable-dns-hostnames`,
        },
      ];
}

function subnetFaults(
  network: ExistingNetwork,
  setting: keyof typeof ROLES,
  subnets: readonly Subnet[],
  clusterName: string,
): Fault[] {
  const ids = network[setting];
  const found = subnets.filter(({ id }) => ids.includes(id));
  const zones = new Set(found.map(({ availabilityZone }) => availabilityZone));
  const isInOneZone = found.length === ids.length && zones.size < 2;
  return [
    ...ids.flatMap((id, index) => {
      const subnet = found.find((each) => each.id === id);
      const name = `${setting}[${index}]`;
      return subnet === undefined
        ? [{ name, got: id, mustBe: `a subnet of ${network.vpcId} in the region of the stack` }]
        : faultsOf(name, subnet, ROLES[setting], clusterName);
    }),
    ...(isInOneZone
      ? [
          {
            name: setting,
            problem: `has only subnets in ${[...zones].join("")}`,
            mustBe: "subnets in two or more zones, which EKS and load balancers require",
          },
        ]
      : []),
  ];
}

function faultsOf(
  name: string,
  { availabilityZoneId, id, tags }: Subnet,
  role: string,
  clusterName: string,
): Fault[] {
  const clusters = Object.keys(tags).filter((tag) => tag.startsWith(CLUSTER_TAG));
  const own = `${CLUSTER_TAG}${clusterName}`;
  return [
    ...(clusters.length === 0 || clusters.includes(own)
      ? []
      : [
          {
            name,
            got: id,
            mustBe: `a subnet without the tag ${clusters.join(", ")}, or with ${own} too, or the load balancer controller leaves it to other clusters`,
            fix: `run aws ec2 create-tags --resources ${id} --tags Key=${own},Value=shared`,
          },
        ]),
    ...(ROLE_VALUES.includes(tags[role] ?? "missing")
      ? []
      : [
          {
            name,
            got: id,
            mustBe: `a subnet with the tag ${role}, by which the load balancer controller finds it`,
            fix: `run aws ec2 create-tags --resources ${id} --tags Key=${role},Value=1`,
          },
        ]),
    ...(ZONES_WITHOUT_EKS.includes(availabilityZoneId)
      ? [
          {
            name,
            got: id,
            mustBe: `a subnet outside of ${availabilityZoneId}, where EKS or Fargate is not available`,
          },
        ]
      : []),
  ];
}
