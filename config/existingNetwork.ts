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

/** Values of these tags that the controller accepts. */
const ROLE_VALUES = ["", "1"];

/**
 * Rejects, before anything is created, a network in which the cluster, its pods or the load balancers could not be created.
 *
 * @returns names of the zones of its private subnets
 * @throws pulumi.RunError naming every fault at once
 */
export async function checkNetwork(
  network: ExistingNetwork,
  opts: pulumi.InvokeOptions,
): Promise<string[]> {
  const { vpcId, privateSubnetIds } = network;
  const filters = [{ name: "vpc-id", values: [vpcId] }];
  // AWS fails if it is asked for a subnet or a VPC that does not exist.
  const { ids } = await aws.ec2.getSubnets({ filters }, opts);
  const given = [...network.publicSubnetIds, ...privateSubnetIds].filter((id) => ids.includes(id));
  const subnets = await Promise.all(given.map((id) => aws.ec2.getSubnet({ id }, opts)));
  const faults = [
    ...(ids.length === 0 ? [] : await dnsFaults(vpcId, opts)),
    ...subnetFaults(network, "publicSubnetIds", subnets),
    ...subnetFaults(network, "privateSubnetIds", subnets),
  ];
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(within("network.", faults)));
  }
  const zones = subnets
    .filter(({ id }) => privateSubnetIds.includes(id))
    .map(({ availabilityZone }) => availabilityZone);
  return [...new Set(zones)].toSorted();
}

/** Pods find the cluster, and apps the database, by names that only the VPC's DNS knows. */
async function dnsFaults(vpcId: string, opts: pulumi.InvokeOptions): Promise<Fault[]> {
  const vpc = await aws.ec2.getVpc({ id: vpcId }, opts);
  return vpc.enableDnsHostnames && vpc.enableDnsSupport
    ? []
    : [
        {
          name: "vpcId",
          got: vpcId,
          mustBe: "a VPC with DNS support and DNS hostnames, which EKS requires",
          fix: `run aws ec2 modify-vpc-attribute --vpc-id ${vpcId} --enable-dns-hostnames, and the same with --enable-dns-support`,
        },
      ];
}

function subnetFaults(
  network: ExistingNetwork,
  setting: keyof typeof ROLES,
  subnets: readonly Subnet[],
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
        : faultsOf(name, subnet, ROLES[setting]);
    }),
    ...(isInOneZone
      ? [
          {
            name: setting,
            problem: `is in one zone, ${[...zones].join("")}`,
            mustBe: "subnets in two or more zones, which EKS and load balancers require",
          },
        ]
      : []),
  ];
}

function faultsOf(name: string, { availabilityZoneId, id, tags }: Subnet, role: string): Fault[] {
  return [
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
            mustBe: `in another zone than ${availabilityZoneId}, where EKS or Fargate is not available`,
          },
        ]
      : []),
  ];
}
