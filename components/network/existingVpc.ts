import * as pulumi from "@pulumi/pulumi";
import type { Network } from "./vpc.ts";

export interface ExistingVpcArgs {
  /** Region of the VPC. */
  region: string;
  /** Id of the VPC. */
  vpcId: pulumi.Input<string>;
  /** Subnets in two or more zones, from which pods reach AWS, with the tag `kubernetes.io/role/internal-elb`. */
  privateSubnetIds: pulumi.Input<string[]>;
  /** Subnets in two or more zones, with the tag `kubernetes.io/role/elb`. */
  publicSubnetIds: pulumi.Input<string[]>;
}

/** An existing VPC, which the stack never deletes. */
export class ExistingVpc extends pulumi.ComponentResource implements Network {
  /** Region of the VPC. */
  readonly region: string;
  /** Id of the VPC. */
  readonly vpcId: pulumi.Output<string>;
  /** Subnets of pods and databases. */
  readonly privateSubnetIds: pulumi.Output<string[]>;
  /** Subnets of load balancers. */
  readonly publicSubnetIds: pulumi.Output<string[]>;
  /** Nothing, because it exists. */
  readonly egress: pulumi.Resource[] = [];

  constructor(name: string, args: ExistingVpcArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:ExistingVpc", name, {}, opts);
    this.region = args.region;
    this.vpcId = pulumi.output(args.vpcId);
    this.privateSubnetIds = pulumi.output(args.privateSubnetIds);
    this.publicSubnetIds = pulumi.output(args.publicSubnetIds);
    this.registerOutputs({
      vpcId: this.vpcId,
      privateSubnetIds: this.privateSubnetIds,
      publicSubnetIds: this.publicSubnetIds,
    });
  }
}
