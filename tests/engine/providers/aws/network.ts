import ipaddr from "ipaddr.js";
import type { Cloud, Properties } from "../cloud.ts";
import { arn, firstOf, list, newId, refuse, type Kind, type Place } from "./kind.ts";

const { IPv4 } = ipaddr;

const VPC = "aws:ec2/vpc:Vpc";
const SUBNET = "aws:ec2/subnet:Subnet";
const GATEWAY = "aws:ec2/internetGateway:InternetGateway";
const ADDRESS = "aws:ec2/eip:Eip";
const NAT = "aws:ec2/natGateway:NatGateway";
const TABLE = "aws:ec2/routeTable:RouteTable";
const ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation";
const ROUTE = "aws:ec2/route:Route";
const ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const CLUSTER = "aws:eks/cluster:Cluster";
/** Made by the load balancer controller; its network interfaces are in all subnets. */
export const BALANCER = "load balancer";

const isIn =
  (vpcId: unknown) =>
  (outputs: Properties): boolean =>
    outputs.vpcId === vpcId;

export const NETWORK: Readonly<Record<string, Kind>> = {
  [VPC]: {
    replacedBy: ["cidrBlock", "instanceTenancy"],
    make: (_, place) => withArn(newId("vpc"), "vpc", place),
    keptBy: (id, _, cloud) =>
      firstOf(cloud, {
        [BALANCER]: isIn(id),
        [SUBNET]: isIn(id),
        [GATEWAY]: isIn(id),
        [GROUP]: isIn(id),
        [TABLE]: isIn(id),
        [ENDPOINT]: isIn(id),
        [CLUSTER]: ({ vpcConfig }) => isIn(id)(vpcConfig as Properties),
      }),
  },
  [SUBNET]: {
    replacedBy: ["availabilityZone", "cidrBlock", "vpcId"],
    make: ({ vpcId, cidrBlock, availabilityZone }, place) => {
      const vpc = place.cloud.need(VPC, vpcId).outputs;
      const block = String(cidrBlock);
      if (!isWithin(block, String(vpc.cidrBlock))) {
        refuse(`InvalidSubnet.Range: ${block} is not in ${String(vpc.cidrBlock)}`);
      }
      for (const other of place.cloud.all(SUBNET).filter(({ outputs }) => isIn(vpcId)(outputs))) {
        const taken = String(other.outputs.cidrBlock);
        if (isWithin(block, taken) || isWithin(taken, block)) {
          refuse(`InvalidSubnet.Conflict: ${block} conflicts with ${other.name}`);
        }
      }
      if (!zonesOf(place).includes(String(availabilityZone))) {
        refuse(`InvalidParameterValue: there is no zone ${String(availabilityZone)}`);
      }
      return withArn(newId("subnet"), "subnet", place);
    },
    keptBy: (id, { vpcId }, cloud) =>
      firstOf(cloud, {
        [BALANCER]: isIn(vpcId),
        [NAT]: ({ subnetId }) => subnetId === id,
        [CLUSTER]: ({ vpcConfig }) => list((vpcConfig as Properties).subnetIds).includes(id),
        "aws:eks/fargateProfile:FargateProfile": ({ subnetIds }) => list(subnetIds).includes(id),
        "aws:rds/subnetGroup:SubnetGroup": ({ subnetIds }) => list(subnetIds).includes(id),
      }),
  },
  [GATEWAY]: {
    replacedBy: [],
    make: ({ vpcId }, place) => {
      place.cloud.need(VPC, vpcId);
      return withArn(newId("igw"), "internet-gateway", place);
    },
    keptBy: (_, { vpcId }, cloud) => firstOf(cloud, { [BALANCER]: isIn(vpcId) }),
  },
  [ADDRESS]: {
    replacedBy: ["domain"],
    make: () => {
      const id = newId("eipalloc");
      return { id, outputs: { allocationId: id, publicIp: "52.0.2.1" } };
    },
    keptBy: (id, _, cloud) => firstOf(cloud, { [NAT]: ({ allocationId }) => allocationId === id }),
  },
  [NAT]: {
    replacedBy: ["allocationId", "connectivityType", "subnetId"],
    make: ({ subnetId, allocationId }, { cloud }) => {
      cloud.need(SUBNET, subnetId);
      cloud.need(ADDRESS, allocationId);
      return { id: newId("nat") };
    },
  },
  [TABLE]: {
    replacedBy: ["vpcId"],
    make: ({ vpcId }, place) => {
      place.cloud.need(VPC, vpcId);
      return withArn(newId("rtb"), "route-table", place);
    },
    keptBy: (id, _, cloud) =>
      firstOf(cloud, { [ASSOCIATION]: ({ routeTableId }) => routeTableId === id }),
  },
  [ASSOCIATION]: {
    isPlace: true,
    replacedBy: ["gatewayId", "subnetId"],
    make: ({ routeTableId, subnetId }, { cloud }) => {
      cloud.need(TABLE, routeTableId);
      cloud.need(SUBNET, subnetId);
      return { id: newId("rtbassoc") };
    },
  },
  [ROUTE]: {
    isPlace: true,
    replacedBy: ["destinationCidrBlock", "routeTableId"],
    make: ({ routeTableId, gatewayId, natGatewayId, destinationCidrBlock }, { cloud }) => {
      cloud.need(TABLE, routeTableId);
      cloud.need(gatewayId === undefined ? NAT : GATEWAY, gatewayId ?? natGatewayId);
      return { id: `r-${String(routeTableId)}-${String(destinationCidrBlock)}` };
    },
  },
  [ENDPOINT]: {
    replacedBy: ["serviceName", "vpcEndpointType", "vpcId"],
    make: ({ vpcId, routeTableIds, serviceName }, place) => {
      place.cloud.need(VPC, vpcId);
      list(routeTableIds).forEach((id) => place.cloud.need(TABLE, id));
      if (serviceName !== `com.amazonaws.${place.region}.s3`) {
        refuse(`InvalidServiceName: there is no gateway endpoint of ${String(serviceName)}`);
      }
      return withArn(newId("vpce"), "vpc-endpoint", place);
    },
  },
  [GROUP]: {
    replacedBy: ["description", "name", "vpcId"],
    named: { by: "name", max: 255 },
    make: ({ vpcId }, place) => {
      place.cloud.need(VPC, vpcId);
      return withArn(newId("sg"), "security-group", place);
    },
    keptBy: (id, _, cloud) =>
      firstOf(cloud, {
        "aws:rds/instance:Instance": ({ vpcSecurityGroupIds }) =>
          list(vpcSecurityGroupIds).includes(id),
      }),
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    replacedBy: ["securityGroupId"],
    make: ({ securityGroupId, referencedSecurityGroupId }, place) => {
      place.cloud.need(GROUP, securityGroupId);
      const ofCluster = ({ vpcConfig }: Properties): boolean =>
        (vpcConfig as Properties).clusterSecurityGroupId === referencedSecurityGroupId;
      if (place.cloud.find(CLUSTER, ofCluster) === undefined) {
        place.cloud.need(GROUP, referencedSecurityGroupId);
      }
      return withArn(newId("sgr"), "security-group-rule", place);
    },
  },
};

/** Zones of a region, by name. */
export function zonesOf({ cloud, region }: Place): string[] {
  return ["a", "b", "c", "d"].slice(0, cloud.zones).map((letter) => `${region}${letter}`);
}

/** Those in which new subnets can be made now. */
export function availableZonesOf(place: Place): string[] {
  return zonesOf(place).filter((zone) => !place.cloud.lostZones.includes(zone.at(-1) ?? ""));
}

/** Whether the subnet's hosts are reached from outside. */
export function isPublic(cloud: Cloud, subnetId: string): boolean {
  return routesOf(cloud, subnetId).some(({ gatewayId }) => gatewayId !== undefined);
}

/** Whether hosts without public addresses reach the internet. */
export function hasEgress(cloud: Cloud, subnetId: string): boolean {
  return routesOf(cloud, subnetId).some(({ natGatewayId }) => natGatewayId !== undefined);
}

function routesOf(cloud: Cloud, subnetId: string): Properties[] {
  const table = cloud.find(ASSOCIATION, (outputs) => outputs.subnetId === subnetId)?.outputs
    .routeTableId;
  return cloud
    .all(ROUTE)
    .map(({ outputs }) => outputs)
    .filter(({ routeTableId }) => routeTableId === table);
}

function withArn(id: string, resource: string, place: Place) {
  return { id, outputs: { arn: arn(place, "ec2", `${resource}/${id}`) } };
}

function isWithin(cidr: string, block: string): boolean {
  const [address, prefix] = IPv4.parseCIDR(cidr);
  const outer = IPv4.parseCIDR(block);
  return prefix >= outer[1] && address.match(outer);
}
