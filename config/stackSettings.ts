import { z } from "zod";
import { flag, oneOf, textLike, wholeNumberFrom, type Values } from "../app/contract/settings.ts";
import { INSTANCE_CLASS } from "../components/databaseInstance.ts";
import { REGIONAL_WEB_ACL } from "../components/front/ingressAnnotations.ts";
import { isFirstAddress, MAX_ZONES } from "../components/network/subnets.ts";
import { IMAGE_REFERENCE, isOlder } from "./imageReference.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/**
 * The ARN of an IAM role or user with its path, no part of which is only dots.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
const PRINCIPAL = /^arn:[\w-]+:iam::\d{12}:(role|user)(\/(?!\.+(\/|$))[\w+=,.@-]+)+$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^(?!xn--|\d+(\.\d+){3}$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"] as const;

/** A security group has at most 60 rules, and a load balancer with TLS needs two for each block. */
const MAX_CIDRS = 30;

/** The oldest version that supports the key router's configuration. */
const MIN_HAPROXY = [3, 2] as const;

const CIDR = z.cidrv4({ abort: true }).refine(isFirstAddress);

const cidrs = z
  .array(CIDR)
  .min(1)
  .max(MAX_CIDRS)
  .meta({
    description: `a list of up to ${MAX_CIDRS} IPv4 CIDR blocks, each by its first address`,
    example: "[198.51.100.0/24]",
  });

/** Two or more, each once. */
const SUBNET_IDS = z
  .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/))
  .min(2)
  .refine((ids) => new Set(ids).size === ids.length);

/** Rules by setting. Pulumi.yaml has the settings' meanings and defaults; workloads.ts has the rules of workloads. */
export const RULES = {
  image: optional(IMAGE_REFERENCE, "an image by tag or digest", "registry.example/echo:1.0"),
  scheme: oneOf(["internet-facing", "internal"]),
  sourceRanges: cidrs,
  certificateArn: optional(
    /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
    "the ARN of an ACM certificate",
    "arn:aws:acm:us-east-1:111122223333:certificate/a1b2",
  ),
  tlsPolicy: textLike(
    /^ELBSecurityPolicy-TLS13-[\w-]+$/,
    "an ELB security policy with TLS 1.3",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
  ),
  webAclArn: optional(
    REGIONAL_WEB_ACL,
    "the ARN of a regional WAF web ACL",
    "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/ours/a1b2",
  ),
  hostedZoneId: optional(/^Z[A-Z0-9]{1,31}$/, "the id of a Route 53 hosted zone", "Z0123456789ABC"),
  accessLogsBucket: optional(BUCKET, "the name of an S3 bucket", "echo-logs"),
  network: z
    .union([
      z.strictObject({}).transform(() => undefined),
      z.strictObject({
        vpcId: z.string().regex(/^vpc-[0-9a-f]{8,17}$/),
        publicSubnetIds: SUBNET_IDS,
        privateSubnetIds: SUBNET_IDS,
      }),
    ])
    .meta({
      description:
        "{vpcId, publicSubnetIds, privateSubnetIds}, each list with two or more different subnets, or omitted",
      example:
        "{vpcId: vpc-0a1b2c3d, publicSubnetIds: [subnet-0a1b2c3d, subnet-1a2b3c4d], privateSubnetIds: [subnet-2a3b4c5d, subnet-3a4b5c6d]}",
    }),
  vpcCidr: z.cidrv4().meta({ description: "an IPv4 CIDR block", example: "10.0.0.0/16" }),
  zones: wholeNumberFrom(2, MAX_ZONES, 2),
  natGateways: oneOf(["single", "per-zone"]),
  cluster: z
    .union([
      z.strictObject({}).transform(() => undefined),
      z.strictObject({
        name: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/),
        nodes: z.boolean().default(false),
      }),
    ])
    .meta({
      description: "{name, nodes}, or omitted",
      example: "{name: prod, nodes: true}",
    }),
  kubernetesVersion: oneOf(["1.36", "1.35"]),
  admins: listOf(
    z.string().regex(PRINCIPAL),
    "a list of ARNs of IAM roles and users",
    "[arn:aws:iam::111122223333:role/ops]",
  ),
  endpointPublicAccess: flag,
  publicAccessCidrs: cidrs,
  privateAccessCidrs: z
    .array(CIDR)
    .max(MAX_CIDRS)
    .meta({
      description: `a list of at most ${MAX_CIDRS} IPv4 CIDR blocks, each by its first address`,
      example: "[10.8.0.0/16]",
    }),
  secretsEncryption: flag,
  controlPlaneLogs: listOf(z.enum(LOG_TYPES), `a list of ${LOG_TYPES.join(", ")}`, "[api, audit]"),
  logRetentionDays: wholeNumberFrom(1, 3653, 30)
    .refine((days) => RETENTION_DAYS.includes(days))
    .meta({ description: `one of ${RETENTION_DAYS.join(", ")}`, example: 30 }),
  deletionProtection: flag,
  immutableTags: flag,
  controller: oneOf(["install", "existing"]),
  controllerChart: textLike(
    /^((https|oci):\/\/[\w.-]+(:\d+)?(\/[\w.~%/-]*)?|\.{0,2}\/.+)$/,
    "the URL of a chart repository, the oci:// URL of a chart or the path of a folder",
    "https://aws.github.io/eks-charts",
  ),
  controllerChartVersion: textLike(/^\d+\.\d+\.\d+$/, "a version", "3.5.0"),
  keyRouterImage: z
    .string()
    .regex(IMAGE_REFERENCE)
    .refine((image) => !isOlder(image, ...MIN_HAPROXY))
    .meta({
      description: `an image by tag or digest of HAProxy ${MIN_HAPROXY.join(".")} or later`,
      example: "haproxy:3.4-alpine",
    }),
  psqlImage: textLike(IMAGE_REFERENCE, "an image by tag or digest", "postgres:18-alpine"),
  postgresVersion: textLike(/^1[4-8](\.\d{1,2})?$/, "a version of PostgreSQL from 14 to 18", "18"),
  databaseInstanceClass: textLike(INSTANCE_CLASS, "an RDS instance class", "db.t4g.micro"),
  databaseStorageGiB: wholeNumberFrom(20, 16384, 20),
  databaseMultiAz: flag,
  databaseBackupDays: wholeNumberFrom(0, 35, 7),
  databaseFinalSnapshot: flag,
};

/** All settings of a stack, typed and each valid by itself. */
export type Settings = Values<typeof RULES>;

function listOf<Item extends z.ZodType>(item: Item, description: string, example: string) {
  return z.array(item).meta({ description, example });
}

/** Text that matches a pattern; empty text is undefined. */
function optional(pattern: RegExp, description: string, example: string) {
  return z
    .union([z.literal("").transform(() => undefined), z.string().regex(pattern)])
    .meta({ description: `${description}, or empty`, example });
}
