import { configOf, type Config } from "../../config/config.ts";
import type { Settings } from "../../config/stackSettings.ts";
import type { WorkloadSettings } from "../../config/workloads.ts";
import type { STACKS } from "../mocks/stackConfig.ts";

/** What holds where a workload says nothing but its app. */
export const ECHO = {
  app: "echo" as const,
  affinity: "source-ip" as const,
  replicas: 3,
  maxReplicas: undefined,
  drainSeconds: 150,
  cpuMillicores: 250,
  memoryMiB: 512,
  dnsName: undefined,
  allowedOrigins: [],
  crossZone: true,
  idleTimeoutSeconds: 350,
} satisfies WorkloadSettings;
export const COMPANY = {
  app: "company" as const,
  affinity: "cookie" as const,
  replicas: 3,
  maxReplicas: undefined,
  drainSeconds: 150,
  cpuMillicores: 250,
  memoryMiB: 512,
  dnsName: undefined,
  allowedOrigins: [],
  maxCreationsPerSecond: 20,
};
export const DOCUMENT = { ...COMPANY, app: "document" as const };

/** A stack's settings as a person writes them, with what is known of it beside. */
type Loaded = Settings & Pick<Config, "name" | "region" | "workloads">;

/** What holds where nothing is set. */
export const DEFAULTS: Loaded = {
  name: "sockjs-sticky-new",
  region: "us-east-1",
  workloads: [ECHO],
  image: undefined,
  scheme: "internet-facing",
  sourceRanges: ["0.0.0.0/0"],
  certificateArn: undefined,
  tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  webAclArn: undefined,
  hostedZoneId: undefined,
  accessLogsBucket: undefined,
  vpcCidr: "10.0.0.0/16",
  zones: 2,
  natGateways: "single",
  kubernetesVersion: "1.36",
  admins: [],
  publicAccessCidrs: ["0.0.0.0/0"],
  secretsEncryption: false,
  controlPlaneLogs: [],
  logRetentionDays: 7,
  deletionProtection: false,
  immutableTags: false,
  controllerChart: "https://aws.github.io/eks-charts",
  controllerChartVersion: "3.5.0",
  keyRouterImage:
    "public.ecr.aws/docker/library/haproxy:3.4.5-alpine3.24@sha256:7ffdd3845020aa4c97ffaa56c8cab3ad473ecae0b8ea5e55d2378d663755e092",
  postgresVersion: "18",
  databaseInstanceClass: "db.t4g.micro",
  databaseStorageGiB: 20,
  databaseMultiAz: false,
  databaseBackupDays: 1,
  databaseFinalSnapshot: false,
};

export const EXPECTED: Record<(typeof STACKS)[number], Loaded> = {
  dev: {
    ...DEFAULTS,
    name: "sockjs-sticky-dev",
    kubernetesVersion: "1.35",
    workloads: [ECHO, COMPANY, DOCUMENT],
  },
  staging: {
    ...DEFAULTS,
    name: "sockjs-sticky-staging",
    kubernetesVersion: "1.35",
    workloads: [
      { ...ECHO, replicas: 2, maxReplicas: 4, memoryMiB: 1024 },
      ...[COMPANY, DOCUMENT].map((each) => ({
        ...each,
        affinity: "key" as const,
        replicas: 2,
        maxReplicas: 4,
        drainSeconds: 30,
        memoryMiB: 1024,
      })),
    ],
    zones: 3,
    secretsEncryption: true,
    controlPlaneLogs: ["api", "audit", "authenticator"],
    logRetentionDays: 30,
    immutableTags: true,
    databaseBackupDays: 7,
  },
  prod: {
    ...DEFAULTS,
    name: "sockjs-sticky-prod",
    kubernetesVersion: "1.35",
    workloads: [
      { ...ECHO, replicas: 6, maxReplicas: 24, cpuMillicores: 500, memoryMiB: 1024 },
      ...[COMPANY, DOCUMENT].map((each) => ({
        ...each,
        affinity: "key" as const,
        replicas: 6,
        maxReplicas: 12,
        drainSeconds: 30,
        cpuMillicores: 500,
        memoryMiB: 1024,
      })),
    ],
    zones: 3,
    natGateways: "per-zone",
    publicAccessCidrs: ["8.8.8.0/24"],
    secretsEncryption: true,
    controlPlaneLogs: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    logRetentionDays: 365,
    deletionProtection: true,
    immutableTags: true,
    databaseInstanceClass: "db.t4g.medium",
    databaseStorageGiB: 50,
    databaseMultiAz: true,
    databaseBackupDays: 30,
    databaseFinalSnapshot: true,
  },
};

/** As the program has them. */
export function grouped({ name, region, workloads, ...settings }: Loaded): Config {
  return configOf({ name, region, workloads }, settings);
}
