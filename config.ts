import { existsSync } from "node:fs";
import { join } from "node:path";
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import {
  oneOf,
  parseSettings,
  SettingsError,
  textLike,
  wholeNumberFrom,
  type Values,
} from "./app/common/settings.ts";
import { sizeFault } from "./components/fargateSize.ts";
import { MAX_ZONES, vpcCidrFault } from "./components/subnets.ts";
import { SHARED_RULES } from "./settings.ts";

/** Fixed for TLS: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html */
const TLS_IDLE_SECONDS = 350;

/** An NLB goes on sending new connections for some two minutes after a target was deregistered. */
const MIN_DRAIN_SECONDS = 150;

/** The longest name made from ours, of an IAM role (64), is longer by `-eksRole-role-` and 7 digits. */
const MAX_NAME = 64 - 21;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"] as const;

const flag = z
  .union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })])
  .meta({ description: "true or false", example: true });

const cidrs = listOf(z.cidrv4(), "a list of IPv4 CIDR blocks", "[198.51.100.0/24]");

/** Rules by setting; what a setting means and its default stand in Pulumi.yaml. */
const RULES = {
  ...SHARED_RULES,
  maxReplicas: wholeNumberFrom(0, 100, 10)
    .transform((replicas) => (replicas === 0 ? undefined : replicas))
    .meta({ description: "a whole number from 0 to 100", example: 10 }),
  cpuMillicores: wholeNumberFrom(1, 16000, 250),
  memoryMiB: wholeNumberFrom(1, 120 * 1024, 512),
  image: optional(/^\S+$/, "an image by tag or digest", "registry.example/echo:1.0"),
  scheme: oneOf(["internet-facing", "internal"]),
  sourceRanges: cidrs,
  crossZone: flag,
  idleTimeoutSeconds: wholeNumberFrom(60, 6000, TLS_IDLE_SECONDS),
  targetProtocol: oneOf(["tcp", "tls"]),
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
  dnsName: optional(
    /^([a-z0-9*]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$/,
    "a DNS name",
    "echo.example.com",
  ),
  hostedZoneId: optional(/^Z[A-Z0-9]{1,31}$/, "the id of a Route 53 hosted zone", "Z0123456789ABC"),
  accessLogsBucket: optional(/^[a-z0-9][a-z0-9.-]{2,62}$/, "the name of an S3 bucket", "echo-logs"),
  vpcCidr: z.cidrv4().meta({ description: "an IPv4 CIDR block", example: "10.0.0.0/16" }),
  zones: wholeNumberFrom(2, MAX_ZONES, 2),
  natGateways: oneOf(["single", "per-zone"]),
  kubernetesVersion: oneOf(["1.36", "1.35"]),
  admins: listOf(
    z.string().regex(/^arn:[\w-]+:iam::\d{12}:(role|user)\/[\w+=,.@/-]+$/),
    "a list of ARNs of IAM roles and users",
    "[arn:aws:iam::111122223333:role/ops]",
  ),
  publicAccessCidrs: cidrs,
  secretsEncryption: flag,
  controlPlaneLogs: listOf(z.enum(LOG_TYPES), `a list of ${LOG_TYPES.join(", ")}`, "[api, audit]"),
  logRetentionDays: wholeNumberFrom(1, 3653, 30)
    .refine((days) => RETENTION_DAYS.includes(days))
    .meta({ description: `one of ${RETENTION_DAYS.join(", ")}`, example: 30 }),
  deletionProtection: flag,
  immutableTags: flag,
  controllerChart: textLike(
    /^(https:\/\/|oci:\/\/|\.{0,2}\/).+$/,
    "the URL of a chart repository, the oci:// URL of a chart or the path of a folder",
    "https://aws.github.io/eks-charts",
  ),
  controllerChartVersion: textLike(/^\d+\.\d+\.\d+$/, "a version", "3.5.0"),
};

const REGION = textLike(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region", "us-east-1");

/** A stack's settings, typed and valid. */
export type Config = Values<typeof RULES> & {
  /** From which the names of all resources are made. */
  name: string;
  region: aws.Region;
};

/**
 * Reads and checks all settings of the stack; nothing else reads config.
 *
 * @throws pulumi.RunError naming every fault at once
 */
export function loadConfig(): Config {
  const project = pulumi.getProject();
  const name = `${project}-${pulumi.getStack()}`;
  const nameOf = (setting: string): string => `${project}:${setting}`;
  const raw = rawSettings(project);
  const faults = Object.keys(raw)
    .filter((setting) => !(setting in RULES))
    .map(
      (setting) =>
        `${nameOf(setting)} is not a setting: allowed are ${Object.keys(RULES).join(", ")}`,
    );
  faults.push(...nameFaults(name));
  const where = collect(faults, () =>
    parseSettings(
      { region: REGION },
      { region: pulumi.runtime.allConfig()["aws:region"] },
      () => "aws:region",
    ),
  );
  const values = collect(faults, () => parseSettings(RULES, raw, nameOf));
  faults.push(...(values === undefined ? [] : combinationFaults(values).map(nameOf)));
  if (where === undefined || values === undefined || faults.length > 0) {
    throw new pulumi.RunError(faults.join("\n"));
  }
  return { ...values, ...where, name } as Config;
}

/** Adds the faults that `parse` finds to the others. */
function collect<T>(faults: string[], parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SettingsError)) {
      throw error;
    }
    faults.push(...error.faults);
    return undefined;
  }
}

/** The stack's settings as they are written: text, or lists where text is a JSON list. */
function rawSettings(project: string): Record<string, unknown> {
  const prefix = `${project}:`;
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (key.startsWith(prefix)) {
      settings[key.slice(prefix.length)] = value.startsWith("[") ? JSON.parse(value) : value;
    }
  }
  return settings;
}

function nameFaults(name: string): string[] {
  const stack = JSON.stringify(pulumi.getStack());
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    return [
      `the stack's name is ${stack}: allowed are lower-case letters, digits and hyphens; for example dev`,
    ];
  }
  return name.length <= MAX_NAME
    ? []
    : [
        `the stack's name is ${stack}: ${name} has ${name.length} characters, allowed are ${MAX_NAME}; choose a shorter one`,
      ];
}

/** What is wrong although every setting by itself is right. */
function combinationFaults(config: Values<typeof RULES>): string[] {
  const { affinity, certificateArn, deletionProtection, drainSeconds, maxReplicas, replicas } =
    config;
  const isSticky = affinity === "source-ip";
  const hasTls = certificateArn !== undefined;
  const size = sizeFault(config);
  const cidr = vpcCidrFault(config.vpcCidr);
  const chart = config.controllerChart;
  const faults: [boolean, string][] = [
    [
      drainSeconds < MIN_DRAIN_SECONDS,
      `drainSeconds is ${drainSeconds}: a Network Load Balancer goes on sending connections for two minutes, allowed is ${MIN_DRAIN_SECONDS} to 3600; for example ${MIN_DRAIN_SECONDS}`,
    ],
    [
      maxReplicas !== undefined && maxReplicas < replicas,
      `maxReplicas is ${maxReplicas}: allowed is 0, for no autoscaler, or ${replicas} (replicas) and more; for example ${replicas * 2}`,
    ],
    [
      size !== undefined,
      `cpuMillicores is ${config.cpuMillicores} and memoryMiB is ${config.memoryMiB}: Fargate has no such size, ${size}; for example 250 and 512`,
    ],
    [cidr !== undefined, `vpcCidr is ${JSON.stringify(config.vpcCidr)}: ${cidr}`],
    [
      isSticky && !config.crossZone,
      `crossZone is false: a client that resolves to another zone's address would change its replica, with affinity source-ip allowed is true; set crossZone to true or affinity to none`,
    ],
    [
      isSticky && config.targetProtocol === "tls",
      `targetProtocol is "tls": AWS refuses stickiness on TLS target groups, with affinity source-ip allowed is tcp; set targetProtocol to tcp (the listener may still be TLS) or affinity to none`,
    ],
    [
      hasTls && config.idleTimeoutSeconds !== TLS_IDLE_SECONDS,
      `idleTimeoutSeconds is ${config.idleTimeoutSeconds}: AWS fixes it for TLS listeners, with certificateArn allowed is ${TLS_IDLE_SECONDS}; leave idleTimeoutSeconds out`,
    ],
    [
      config.accessLogsBucket !== undefined && !hasTls,
      `accessLogsBucket is ${JSON.stringify(config.accessLogsBucket)}: AWS writes access logs of TLS listeners only; set certificateArn, too, or leave accessLogsBucket out`,
    ],
    [
      (config.dnsName === undefined) !== (config.hostedZoneId === undefined),
      `dnsName is ${JSON.stringify(config.dnsName ?? "")} and hostedZoneId is ${JSON.stringify(config.hostedZoneId ?? "")}: allowed are both or none; set the one that is missing`,
    ],
    [
      deletionProtection && config.publicAccessCidrs.some((each) => each.endsWith("/0")),
      `publicAccessCidrs is ${JSON.stringify(config.publicAccessCidrs)}: with deletionProtection allowed are named blocks only; for example [198.51.100.0/24]`,
    ],
    [
      new Set(config.admins).size < config.admins.length,
      `admins is ${JSON.stringify(config.admins)}: allowed is each ARN once; remove the second`,
    ],
    [
      /^\.{0,2}\//.test(chart) && !existsSync(join(chart, "Chart.yaml")),
      `controllerChart is ${JSON.stringify(chart)}: there is no Chart.yaml in it, allowed is a folder with the chart; for example ./charts/aws-load-balancer-controller`,
    ],
  ];
  return faults.filter(([isFault]) => isFault).map(([, fault]) => fault);
}

function listOf<Item extends z.ZodType>(item: Item, description: string, example: string) {
  return z.array(item).meta({ description, example });
}

/** Text that matches, or none where it is empty. */
function optional(pattern: RegExp, description: string, example: string) {
  return z
    .union([z.literal("").transform(() => undefined), z.string().regex(pattern)])
    .meta({ description: `${description}, or empty`, example });
}
