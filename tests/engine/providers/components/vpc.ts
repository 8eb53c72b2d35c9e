import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";

const { IPv4 } = ipaddr;

interface VpcArgs {
  cidrBlock: string;
  availabilityZoneNames: string[];
  availabilityZoneCidrMask: number;
  enableDnsHostnames: boolean;
  enableDnsSupport: boolean;
  natGateways: { strategy: "Single" | "OnePerAz" };
  subnetSpecs: { type: "Private" | "Public"; cidrMask: number; tags: Record<string, string> }[];
}

/** What belongs to one subnet. */
interface SubnetParts {
  isPublic: boolean;
  zone: number;
  name: string;
  subnet: aws.ec2.Subnet;
  table: aws.ec2.RouteTable;
  association: aws.ec2.RouteTableAssociation;
}

/** `awsx.ec2.Vpc`: in each zone the subnets of all specs, with route tables, and NAT gateways as the strategy says. */
export class Vpc extends pulumi.ComponentResource {
  readonly state: Record<string, unknown>;

  constructor(name: string, args: VpcArgs, opts: pulumi.ComponentResourceOptions) {
    super("awsx:ec2:Vpc", name, {}, opts);
    const { cidrBlock, enableDnsHostnames, enableDnsSupport } = args;
    const vpc = new aws.ec2.Vpc(
      name,
      { cidrBlock, enableDnsHostnames, enableDnsSupport, tags: { Name: name } },
      { parent: this },
    );
    const below = { parent: vpc, dependsOn: [vpc] };
    const gateway = new aws.ec2.InternetGateway(
      name,
      { vpcId: vpc.id, tags: { Name: name } },
      below,
    );
    const parts = args.availabilityZoneNames.flatMap((zoneName, zone) =>
      subnetsOf(name, args, zoneName, zone, vpc),
    );
    const open = parts.filter(({ isPublic }) => isPublic);
    const nats = open
      .filter(({ zone }) => zone === 0 || args.natGateways.strategy === "OnePerAz")
      .map((each) => natOf(name, each));
    const routes = parts.map(({ isPublic, zone, name: subnetName, table }) => {
      const nat = nats[zone] ?? nats[0];
      return new aws.ec2.Route(
        subnetName,
        {
          routeTableId: table.id,
          destinationCidrBlock: "0.0.0.0/0",
          ...(isPublic || nat === undefined ? { gatewayId: gateway.id } : { natGatewayId: nat.id }),
        },
        { parent: table, dependsOn: [table] },
      );
    });
    const idsOf = (wanted: boolean): pulumi.Output<string[]> =>
      pulumi.all(parts.filter((each) => each.isPublic === wanted).map(({ subnet }) => subnet.id));
    this.state = {
      vpc,
      vpcId: vpc.id,
      privateSubnetIds: idsOf(false),
      publicSubnetIds: idsOf(true),
      routeTables: parts.map(({ table }) => table),
      routeTableAssociations: parts.map(({ association }) => association),
      routes,
    };
    this.registerOutputs(this.state);
  }
}

/** The blocks of a zone lie in the order private, public. */
function subnetsOf(
  vpcName: string,
  { cidrBlock, availabilityZoneCidrMask, subnetSpecs }: VpcArgs,
  availabilityZone: string,
  zone: number,
  vpc: aws.ec2.Vpc,
): SubnetParts[] {
  let address = addressOf(cidrBlock) + zone * 2 ** (32 - availabilityZoneCidrMask);
  return subnetSpecs.map(({ type, cidrMask, tags }) => {
    const name = `${vpcName}-${type.toLowerCase()}-${zone + 1}`;
    const block = `${format(address)}/${cidrMask}`;
    const label = { Name: name, SubnetType: type };
    address += 2 ** (32 - cidrMask);
    const subnet = new aws.ec2.Subnet(
      name,
      {
        vpcId: vpc.id,
        availabilityZone,
        cidrBlock: block,
        mapPublicIpOnLaunch: type === "Public",
        tags: { ...tags, ...label },
      },
      { parent: vpc, dependsOn: [vpc] },
    );
    const table = new aws.ec2.RouteTable(
      name,
      { vpcId: vpc.id, tags: label },
      { parent: subnet, dependsOn: [subnet] },
    );
    const association = new aws.ec2.RouteTableAssociation(
      name,
      { routeTableId: table.id, subnetId: subnet.id },
      { parent: table, dependsOn: [table] },
    );
    return { isPublic: type === "Public", zone, name, subnet, table, association };
  });
}

function natOf(vpcName: string, { zone, subnet }: SubnetParts): aws.ec2.NatGateway {
  const name = `${vpcName}-${zone + 1}`;
  const opts = { parent: subnet, dependsOn: [subnet] };
  const address = new aws.ec2.Eip(name, { tags: { Name: name } }, opts);
  return new aws.ec2.NatGateway(
    name,
    { subnetId: subnet.id, allocationId: address.allocationId, tags: { Name: name } },
    opts,
  );
}

/** The first address of a block as a number. */
function addressOf(cidr: string): number {
  return Buffer.from(IPv4.networkAddressFromCIDR(cidr).toByteArray()).readUInt32BE();
}

function format(address: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(address);
  return new IPv4([...bytes]).toString();
}
