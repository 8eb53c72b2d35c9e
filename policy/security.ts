import type { ResourceValidationPolicy } from "@pulumi/policy";
import { named } from "./stack.ts";
import { demand, known, reportFault } from "./violation.ts";

/** A cache of ElastiCache without replicas, which cannot be encrypted. */
const CACHE = "aws:elasticache/cluster:Cluster";

/** Types that are, or create, nodes; the eks component creates some by default. */
const NODES = [
  "aws:autoscaling/group:Group",
  "aws:ec2/fleet:Fleet",
  "aws:ec2/instance:Instance",
  "aws:ec2/launchConfiguration:LaunchConfiguration",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:ec2/spotFleetRequest:SpotFleetRequest",
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
  "aws:eks/nodeGroup:NodeGroup",
];

/** Types that may have a public address unless a setting forbids it. */
export const PUBLIC: readonly string[] = [
  "aws:dms/instanceProfile:InstanceProfile",
  "aws:dms/replicationInstance:ReplicationInstance",
  "aws:lightsail/database:Database",
  "aws:m2/environment:Environment",
  "aws:mq/broker:Broker",
  "aws:neptune/clusterInstance:ClusterInstance",
  "aws:rds/clusterInstance:ClusterInstance",
  "aws:rds/instance:Instance",
  "aws:rds/shardGroup:ShardGroup",
  "aws:redshift/cluster:Cluster",
  "aws:redshiftserverless/workgroup:Workgroup",
  "aws:timestreaminfluxdb/dbCluster:DbCluster",
  "aws:timestreaminfluxdb/dbInstance:DbInstance",
];

/**
 * Types that AWS encrypts only on request, with the property and its value. EKS (from 1.28), ECR, CloudWatch Logs and S3
 * always encrypt.
 *
 * Source: https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html
 */
export const ENCRYPTED: Readonly<Record<string, [path: string, value: boolean | string]>> = {
  "aws:appsync/apiCache:ApiCache": ["atRestEncryptionEnabled", true],
  "aws:dax/cluster:Cluster": ["serverSideEncryption.enabled", true],
  "aws:docdb/cluster:Cluster": ["storageEncrypted", true],
  "aws:docdb/globalCluster:GlobalCluster": ["storageEncrypted", true],
  "aws:ebs/snapshotCopy:SnapshotCopy": ["encrypted", true],
  "aws:ebs/snapshotImport:SnapshotImport": ["encrypted", true],
  "aws:ebs/volume:Volume": ["encrypted", true],
  "aws:ec2/amiCopy:AmiCopy": ["encrypted", true],
  "aws:efs/fileSystem:FileSystem": ["encrypted", true],
  "aws:elasticache/replicationGroup:ReplicationGroup": ["atRestEncryptionEnabled", true],
  "aws:elasticsearch/domain:Domain": ["encryptAtRest.enabled", true],
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": [
    "serverSideEncryption.enabled",
    true,
  ],
  "aws:kinesis/stream:Stream": ["encryptionType", "KMS"],
  "aws:neptune/cluster:Cluster": ["storageEncrypted", true],
  "aws:neptune/globalCluster:GlobalCluster": ["storageEncrypted", true],
  "aws:opensearch/domain:Domain": ["encryptAtRest.enabled", true],
  "aws:rds/cluster:Cluster": ["storageEncrypted", true],
  "aws:rds/globalCluster:GlobalCluster": ["storageEncrypted", true],
  "aws:rds/instance:Instance": ["storageEncrypted", true],
  "aws:redshift/cluster:Cluster": ["encrypted", true],
};

/** If the setting is missing, AWS decides by the subnets: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
export const noPublicDatabase: ResourceValidationPolicy = {
  name: "no-public-database",
  description: "A database has no public address.",
  validateResource: (args, report) => {
    if (PUBLIC.includes(args.type)) {
      demand(report, {
        name: `publiclyAccessible of ${named(args)}`,
        value: () => args.props.publiclyAccessible as unknown,
        holds: (isPublic) => isPublic === false,
        mustBe: "false, because a public database invites password guessing",
        fix: "set it to false; pods reach the database inside the VPC",
      });
    }
  },
};

export const noNodes: ResourceValidationPolicy = {
  name: "no-public-node",
  description:
    "No node has a public address: pods run on Fargate, in private subnets, and there is no node.",
  validateResource: (args, report) => {
    if (NODES.includes(args.type)) {
      reportFault(report, {
        name: `type of ${named(args)}`,
        problem: `is ${args.type}`,
        mustBe: "a Fargate profile",
        fix: "remove it, or give its eks.Cluster skipDefaultNodeGroup: true",
      });
    }
  },
};

export const encryption: ResourceValidationPolicy = {
  name: "encryption-at-rest",
  description: "Stored data are encrypted.",
  validateResource: (args, report) => {
    const [path, value] = ENCRYPTED[args.type] ?? [];
    if (path !== undefined) {
      demand(report, {
        name: `${path} of ${named(args)}`,
        value: () => path.split(".").reduce<unknown>(inner, args.props),
        holds: (isEncrypted) => isEncrypted === value,
        mustBe: String(value),
        fix: `set it to ${String(value)}, which AWS allows only at creation`,
      });
    }
    if (
      args.type === CACHE &&
      known(() => args.props.replicationGroupId as unknown) === undefined
    ) {
      reportFault(report, {
        name: `type of ${named(args)}`,
        problem: `is ${CACHE}`,
        mustBe: "a replication group or a serverless cache, which AWS can encrypt",
        example: "aws.elasticache.ReplicationGroup with atRestEncryptionEnabled: true",
      });
    }
  },
};

function inner(value: unknown, name: string): unknown {
  return (value as Partial<Record<string, unknown>> | null | undefined)?.[name];
}
