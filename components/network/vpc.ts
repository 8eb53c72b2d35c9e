import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { withDefaults } from "../defaults.ts";
import { subnetPrefixes } from "./subnets.ts";

export interface VpcArgs {
  /** IPv4 block, /16 to /22. @default 10.0.0.0/16 */
  cidr?: string | undefined;
  /** Names of the Availability Zones, from two to four. EKS on Fargate is not in every zone. */
  zones: string[];
  /**
   * `single` shares one NAT gateway; `per-zone` keeps the failure of one zone from affecting the others.
   * A NAT gateway costs USD 33 a month plus USD 0.045 a GB (us-east-1, 2026-11). @default single
   */
  natGateways?: "single" | "per-zone" | undefined;
  /** Region of the VPC. */
  region: string;
}

export const VPC_DEFAULTS = {
  cidr: "10.0.0.0/16",
  natGateways: "single",
} as const satisfies Partial<VpcArgs>;

/** The network of a cluster, its pods and its load balancers. */
export interface Network {
  /** Region of the VPC. */
  region: string;
  /** Id of the VPC. */
  vpcId: pulumi.Input<string>;
  /** Subnets of pods and databases. */
  privateSubnetIds: pulumi.Input<string[]>;
  /** Subnets of load balancers. */
  publicSubnetIds: pulumi.Input<string[]>;
}

/** A VPC with a private subnet for pods and a public one for load balancers in each zone. */
export class Vpc extends pulumi.ComponentResource implements Network {
  /** Region of the VPC. */
  readonly region: string;
  /** Id of the VPC. */
  readonly vpcId: pulumi.Output<string>;
  /** Subnets of pods and databases. */
  readonly privateSubnetIds: pulumi.Output<string[]>;
  /** Subnets of load balancers. */
  readonly publicSubnetIds: pulumi.Output<string[]>;
  /** What pods need to reach AWS. Whatever runs in the VPC depends on it. */
  readonly egress: pulumi.Output<pulumi.Resource[]>;

  constructor(name: string, args: VpcArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:Vpc", name, {}, opts);
    const all = withDefaults(args, VPC_DEFAULTS);
    this.region = all.region;
    const prefixes = subnetPrefixes(all.cidr);
    const vpc = new awsx.ec2.Vpc(
      name,
      {
        cidrBlock: all.cidr,
        availabilityZoneNames: all.zones,
        availabilityZoneCidrMask: prefixes.zone,
        enableDnsHostnames: true,
        enableDnsSupport: true,
        natGateways: { strategy: all.natGateways === "single" ? "Single" : "OnePerAz" },
        subnetStrategy: "Auto",
        // The controller finds the subnets of a load balancer by these tags:
        // https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
        subnetSpecs: [
          {
            type: "Private",
            cidrMask: prefixes.private,
            tags: { "kubernetes.io/role/internal-elb": "1" },
          },
          { type: "Public", cidrMask: prefixes.public, tags: { "kubernetes.io/role/elb": "1" } },
        ],
      },
      { parent: this },
    );
    // Image layers come from S3. Without this endpoint, which is free, they pass the NAT gateway.
    const s3 = new aws.ec2.VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: vpc.vpcId,
        vpcEndpointType: "Gateway",
        serviceName: `com.amazonaws.${all.region}.s3`,
        routeTableIds: vpc.routeTables.apply((tables) => pulumi.all(tables.map(({ id }) => id))),
      },
      { parent: this },
    );

    this.vpcId = vpc.vpcId;
    this.privateSubnetIds = vpc.privateSubnetIds;
    this.publicSubnetIds = vpc.publicSubnetIds;
    this.egress = pulumi
      .all([vpc.routes, vpc.routeTableAssociations])
      .apply(([routes, associations]) => [...routes, ...associations, s3]);
    this.registerOutputs({
      vpcId: this.vpcId,
      privateSubnetIds: this.privateSubnetIds,
      publicSubnetIds: this.publicSubnetIds,
    });
  }
}
