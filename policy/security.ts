import * as aws from "@pulumi/aws";
import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { named } from "./stack.ts";
import { demand } from "./violation.ts";

const EVERYBODY = ["0.0.0.0/0", "::/0"];

/** What is, or makes, computers of our own; the eks component makes some unless it is told not to. */
const NODES = [
  "aws:autoscaling/group:Group",
  "aws:ec2/fleet:Fleet",
  "aws:ec2/instance:Instance",
  "aws:ec2/launchConfiguration:LaunchConfiguration",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
  "aws:eks/nodeGroup:NodeGroup",
];

/**
 * What AWS encrypts only when it is told to, and by which property. EKS (from 1.28), ECR, CloudWatch Logs and S3 encrypt
 * all that they store.
 *
 * Source: https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html
 */
const ENCRYPTED: Readonly<Record<string, string>> = {
  "aws:ebs/volume:Volume": "encrypted",
  "aws:efs/fileSystem:FileSystem": "encrypted",
  "aws:rds/cluster:Cluster": "storageEncrypted",
  "aws:rds/instance:Instance": "storageEncrypted",
};

/** Left out AWS decides by the subnets: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
export const noPublicDatabase: ResourceValidationPolicy = {
  name: "no-public-database",
  description: "A database has no public address.",
  validateResource: (args, report) => {
    const database = args.asType(aws.rds.Instance) ?? args.asType(aws.rds.ClusterInstance);
    if (database !== undefined) {
      demand(report, {
        what: `publiclyAccessible of ${named(args)}`,
        value: () => database.publiclyAccessible,
        holds: (isPublic) => isPublic === false,
        allowed: "false, or anybody could try passwords",
        fix: "set it to false; pods reach the database inside the VPC",
      });
    }
  },
};

export const noPublicSecurityGroup: ResourceValidationPolicy = {
  name: "no-public-security-group",
  description: "No security group lets everybody in; those of load balancers are the controller's.",
  validateResource: (args, report) => {
    for (const block of sourcesOf(args).filter((each) => EVERYBODY.includes(each))) {
      report(
        `source of ${named(args)} is ${JSON.stringify(block)}: allowed is a security group, or a block that is not everybody; name who may connect`,
      );
    }
  },
};

export const noNodes: ResourceValidationPolicy = {
  name: "no-public-node",
  description:
    "No node has a public address: pods run on Fargate, in private subnets, and there is no node.",
  validateResource: (args, report) => {
    if (NODES.includes(args.type)) {
      report(
        `type of ${named(args)} is ${args.type}: allowed are Fargate profiles only; remove it, or give its eks.Cluster skipDefaultNodeGroup: true`,
      );
    }
  },
};

export const encryption: ResourceValidationPolicy = {
  name: "encryption-at-rest",
  description: "What is stored is encrypted.",
  validateResource: (args, report) => {
    const property = ENCRYPTED[args.type];
    if (property !== undefined) {
      demand(report, {
        what: `${property} of ${named(args)}`,
        value: () => args.props[property] as unknown,
        holds: (isEncrypted) => isEncrypted === true,
        allowed: "true",
        fix: "set it to true, which AWS allows only before it is made",
      });
    }
  },
};

/** CIDR blocks that a security group or a rule of it lets in. */
function sourcesOf(args: ResourceValidationArgs): string[] {
  const rule = args.asType(aws.vpc.SecurityGroupIngressRule);
  const group = args.asType(aws.ec2.SecurityGroup) ?? args.asType(aws.ec2.DefaultSecurityGroup);
  const old = args.asType(aws.ec2.SecurityGroupRule);
  const lists = [...(group?.ingress ?? []), ...(old?.type === "ingress" ? [old] : [])];
  return [
    rule?.cidrIpv4,
    rule?.cidrIpv6,
    ...lists.flatMap(({ cidrBlocks, ipv6CidrBlocks }) => [cidrBlocks, ipv6CidrBlocks]).flat(),
  ].filter((block) => block !== undefined);
}
