import { configOf, type Config } from "../../config/config.ts";
import type { Settings } from "../../config/stackSettings.ts";
import type { WorkloadSettings } from "../../config/workloadSettings.ts";
import type { STACKS } from "../mocks/stackConfig.ts";

/** What holds where a workload says nothing but its app. */
export const ECHO: WorkloadSettings = {
  name: "echo",
  app: "echo",
  image: undefined,
  build: undefined,
  affinity: "source-ip",
  replicas: 3,
  maxReplicas: undefined,
  drainSeconds: 150,
  shutdown: "drains",
  cpuMillicores: 250,
  memoryMiB: 512,
  dnsName: undefined,
  routing: undefined,
  port: 8080,
  readinessPath: "/readyz",
  livenessPath: "/healthz",
  command: undefined,
  environment: {},
  secrets: [],
  database: false,
  user: 1000,
  writableFolders: [],
  cookie: { seconds: 86_400 },
  keys: undefined,
  crossZone: true,
  idleTimeoutSeconds: 350,
  local: undefined,
  allowedOrigins: [],
  maxCreationsPerSecond: undefined,
};
export const COMPANY: WorkloadSettings = {
  ...ECHO,
  name: "company",
  app: "company",
  affinity: "cookie",
  cookie: { name: "com-sticky", seconds: 172_800 },
  keys: [
    {
      methods: ["POST"],
      path: "/companies",
      key: { from: "json", field: "businessNumber" },
      normalise: "identifier",
    },
    {
      methods: ["GET", "HEAD"],
      path: "/companies",
      key: { from: "path" },
      normalise: "identifier",
    },
  ],
  idleTimeoutSeconds: 60,
};
export const DOCUMENT: WorkloadSettings = {
  ...COMPANY,
  name: "document",
  app: "document",
  cookie: { name: "doc-sticky", seconds: 172_800 },
  keys: [
    {
      methods: ["GET", "HEAD", "POST"],
      path: "/documents",
      key: { from: "path" },
      normalise: "none",
    },
  ],
  idleTimeoutSeconds: 350,
};

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
  network: undefined,
  cluster: undefined,
  controller: "install",
  vpcCidr: "10.0.0.0/16",
  zones: 2,
  natGateways: "single",
  kubernetesVersion: "1.36",
  admins: [],
  endpointPublicAccess: true,
  publicAccessCidrs: ["0.0.0.0/0"],
  privateAccessCidrs: [],
  secretsEncryption: false,
  controlPlaneLogs: [],
  logRetentionDays: 7,
  deletionProtection: false,
  immutableTags: false,
  controllerChart: "https://aws.github.io/eks-charts",
  controllerChartVersion: "3.5.0",
  keyRouterImage:
    "public.ecr.aws/docker/library/haproxy:3.4.5-alpine3.24@sha256:7ffdd3845020aa4c97ffaa56c8cab3ad473ecae0b8ea5e55d2378d663755e092",
  psqlImage:
    "public.ecr.aws/docker/library/postgres:18.6-alpine3.24@sha256:77f585114c32fbca283dc835b0596f4e52b51b4c6662d7810b2f4084f60a1873",
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
  return configOf({ name, region, workloads, secrets: {} }, settings);
}
