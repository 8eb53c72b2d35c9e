import { z } from "zod";
import { originList } from "../app/common/http/origins.ts";
import {
  APP_NAMES,
  CATALOGUE,
  keepsData,
  routingOf,
  type Affinity,
  type AppName,
} from "../app/contract/catalogue.ts";
import { creationsPerSecond } from "../app/contract/creationRule.ts";
import {
  APP_PORT,
  LIVENESS_PATH,
  METRICS_PORT,
  READINESS_PATH,
} from "../app/contract/endpoints.ts";
import { FAILOVER_ROLES } from "../components/front/failover.ts";
import { HEALTH_PATH } from "../components/front/listener.ts";
import type { Storage } from "../components/databases/workloadDatabases.ts";
import { flag, oneOf, textLike, wholeNumberFrom, type Values } from "../app/contract/settings.ts";
import { WORKLOAD_DEFAULTS } from "../components/workload/workloadSpec.ts";
import { IMAGE_REFERENCE } from "./imageReference.ts";
import { keyRoutes } from "./keyRoutes.ts";

/** The longest name; names of Kubernetes objects and load balancers are made from it. */
const MAX_NAME = 40;

const AFFINITIES: readonly [Affinity, ...Affinity[]] = ["source-ip", "cookie", "key", "none"];

/** A variable's name that every shell and Kubernetes accept. */
const VARIABLE = z.string().regex(/^[A-Za-z_]\w*$/);

const path = (example: string) => textLike(HEALTH_PATH.pattern, HEALTH_PATH.mustBe, example);

/** Folders that the kernel provides, or parts that name another folder. */
const NOT_WRITABLE = /^\/(proc|sys|dev)(\/|$)|\/\.\.?(\/|$)/;

function areDifferent(items: readonly string[]): boolean {
  return new Set(items).size === items.length;
}

/** Rules by setting; docs/tables.ts has their meanings. */
export const WORKLOAD_RULES = {
  name: textLike(
    new RegExp(`^(?!.{${MAX_NAME + 1}})[a-z](-?[a-z0-9])*$`),
    `at most ${MAX_NAME} lower-case letters, digits and single hyphens between them, from a letter on`,
    "my-chat",
  ),
  app: oneOf(APP_NAMES).optional(),
  image: textLike(
    IMAGE_REFERENCE,
    "an image by tag or digest",
    "registry.example/chat:1.0",
  ).optional(),
  build: textLike(/^.+$/, "a folder with a Dockerfile", "./chat").optional(),
  affinity: oneOf(AFFINITIES).default(WORKLOAD_DEFAULTS.affinity),
  replicas: wholeNumberFrom(1, 100, 3).default(WORKLOAD_DEFAULTS.replicas),
  maxReplicas: wholeNumberFrom(2, 200, 10).optional(),
  drainSeconds: wholeNumberFrom(0, 3600, 150).default(WORKLOAD_DEFAULTS.drainSeconds),
  shutdown: oneOf(["drains", "sleep"]).default(WORKLOAD_DEFAULTS.shutdown),
  cpuMillicores: wholeNumberFrom(1, 16000, 250).default(WORKLOAD_DEFAULTS.cpuMillicores),
  memoryMiB: wholeNumberFrom(1, 120 * 1024, 512).default(WORKLOAD_DEFAULTS.memoryMiB),
  dnsName: textLike(
    /^(?!.{254})([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "a DNS name",
    "echo.example.com",
  ).optional(),
  routing: z
    .strictObject({ failover: z.enum(FAILOVER_ROLES) })
    .meta({
      description: `{failover: ${FAILOVER_ROLES.join(" or ")}}`,
      example: "{failover: primary}",
    })
    .optional(),
  port: wholeNumberFrom(1024, 65535, APP_PORT.number).default(WORKLOAD_DEFAULTS.port),
  readinessPath: path("/readyz").default(WORKLOAD_DEFAULTS.readinessPath),
  livenessPath: path("/healthz").optional(),
  command: z
    .array(z.string().min(1))
    .min(1)
    .meta({ description: "a list of words", example: "[node, server.js]" })
    .optional(),
  environment: z
    .record(VARIABLE, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .meta({ description: "values by name of a variable", example: "{LOG_LEVEL: debug}" })
    .default({}),
  secrets: z
    .array(VARIABLE)
    .refine(areDifferent)
    .meta({ description: "a list of different names of variables", example: "[API_KEY]" })
    .default([]),
  database: flag.default(false),
  user: wholeNumberFrom(1, 65534, 1000).default(WORKLOAD_DEFAULTS.user),
  writableFolders: z
    .array(
      z
        .string()
        .regex(/^(\/[\w.-]+)+$/)
        .refine((folder) => !NOT_WRITABLE.test(folder)),
    )
    .refine(areDifferent)
    .meta({
      description:
        "a list of different absolute paths of folders, without a slash at the end and not below /proc, /sys or /dev",
      example: "[/tmp]",
    })
    .default([]),
  cookie: z
    .strictObject({
      name: z
        .string()
        .regex(/^(?!AWSALB)[\w!#$%&'*+.^`|~-]+$/)
        .optional(),
      seconds: z.int().min(1).max(604_800).default(WORKLOAD_DEFAULTS.cookie.seconds),
    })
    .meta({
      description:
        "{name, seconds}: a cookie that the app sets, whose name does not begin with AWSALB, or without name one that the load balancer sets; from 1 to 604800 seconds",
      example: "{name: session, seconds: 3600}",
    })
    .default(WORKLOAD_DEFAULTS.cookie),
  keys: keyRoutes.optional(),
  crossZone: flag.default(WORKLOAD_DEFAULTS.crossZone),
  idleTimeoutSeconds: wholeNumberFrom(1, 6000, WORKLOAD_DEFAULTS.idleTimeoutSeconds).default(
    WORKLOAD_DEFAULTS.idleTimeoutSeconds,
  ),
  local: z
    .strictObject({
      command: z.string().min(1),
      folder: z.string().min(1).default("."),
    })
    .meta({
      description: "{command, folder}: a command of the shell, and the folder in which it runs",
      example: "{command: npm start, folder: ./chat}",
    })
    .optional(),
  allowedOrigins: originList.default([]),
  maxCreationsPerSecond: creationsPerSecond.unwrap().optional(),
};

/** The settings of one workload, typed and each valid by itself. */
export type WorkloadSettings = Values<typeof WORKLOAD_RULES>;

/** Those of a workload's settings that are right by themselves. */
export type WorkloadDraft = Partial<WorkloadSettings>;

/** What a workload with a built-in app does not have to say. */
export function defaultsOf(app: AppName): Record<string, unknown> {
  const routing = routingOf(app);
  return {
    name: app,
    affinity: CATALOGUE[app].affinities[0],
    port: APP_PORT.number,
    readinessPath: READINESS_PATH,
    livenessPath: LIVENESS_PATH,
    shutdown: "drains",
    ...(routing === undefined
      ? {}
      : {
          cookie: routing.cookie,
          keys: routing.keyRoutes,
          idleTimeoutSeconds: routing.idleTimeoutSeconds,
        }),
  };
}

/** Where a workload stores data. */
export function storageOf({ app, database }: WorkloadDraft): Storage {
  if (app !== undefined) {
    return keepsData(app) ? "shared" : "none";
  }
  return database === true ? "own" : "none";
}

/**
 * Environment variables of a workload's replicas, beside those that every replica has.
 *
 * @param isTls whether its load balancer terminates TLS
 */
export function environmentOf(workload: WorkloadSettings, isTls: boolean): Record<string, string> {
  const { allowedOrigins, app, environment, idleTimeoutSeconds, maxCreationsPerSecond } = workload;
  return {
    ...environment,
    ...(app === undefined
      ? {}
      : {
          APP: app,
          METRICS_PORT: String(METRICS_PORT.number),
          IDLE_TIMEOUT_SECONDS: String(idleTimeoutSeconds),
          ...(isTls && { BEHIND_TLS: "true" }),
        }),
    ...(allowedOrigins.length === 0 ? {} : { ALLOWED_ORIGINS: allowedOrigins.join(",") }),
    ...(maxCreationsPerSecond === undefined
      ? {}
      : { MAX_CREATIONS_PER_SECOND: String(maxCreationsPerSecond) }),
  };
}
