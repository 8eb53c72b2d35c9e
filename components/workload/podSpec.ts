import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AppName } from "../../app/contract/catalogue.ts";
import {
  APP_PORT,
  LIVENESS_PATH,
  METRICS_PORT,
  READINESS_PATH,
} from "../../app/contract/endpoints.ts";
import { gracePeriodSeconds } from "../../app/contract/lifecycle.ts";
import { containerResources, type FargateSize } from "./fargateSize.ts";
import { CONTAINER_SECURITY, podSecurity } from "./restricted.ts";

/** The image's unprivileged user. */
const USER = 1000;

export interface PodArgs {
  app: AppName;
  image: pulumi.Input<string>;
  /** Size of each pod. */
  size: FargateSize;
  /** Seconds for which a pod still accepts new connections after SIGTERM. */
  drainSeconds: number;
  /** Origins of other sites whose pages may use the app. @default - none */
  allowedOrigins?: readonly string[] | undefined;
  /** Creations a second that a pod accepts from one address. @default - the app's own default */
  maxCreationsPerSecond?: number | undefined;
  /** Name of a Secret whose entries become the app's environment. @default - none */
  secretName?: pulumi.Input<string> | undefined;
}

/** A pod of an app under the Pod Security Standard `restricted`. */
export function podSpec(
  name: string,
  args: PodArgs,
  serviceAccountName: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  const { allowedOrigins = [], maxCreationsPerSecond } = args;
  const origins = allowedOrigins.length === 0 ? [] : [allowedOrigins.join(",")];
  const rates = maxCreationsPerSecond === undefined ? [] : [String(maxCreationsPerSecond)];
  const probe = (path: string) => ({
    httpGet: { path, port: APP_PORT.name, scheme: "HTTP" },
    timeoutSeconds: 5,
  });
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: gracePeriodSeconds(args.drainSeconds),
    securityContext: podSecurity(USER),
    containers: [
      {
        name,
        image: args.image,
        ports: [APP_PORT, METRICS_PORT].map((port) => ({
          name: port.name,
          containerPort: port.number,
        })),
        env: [
          { name: "APP", value: args.app },
          { name: "PORT", value: String(APP_PORT.number) },
          { name: "METRICS_PORT", value: String(METRICS_PORT.number) },
          { name: "DRAIN_SECONDS", value: String(args.drainSeconds) },
          ...origins.map((value) => ({ name: "ALLOWED_ORIGINS", value })),
          ...rates.map((value) => ({ name: "MAX_CREATIONS_PER_SECOND", value })),
          { name: "REPLICA_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        ...(args.secretName === undefined
          ? {}
          : { envFrom: [{ secretRef: { name: args.secretName } }] }),
        resources: containerResources(args.size),
        startupProbe: { ...probe(LIVENESS_PATH), periodSeconds: 2, failureThreshold: 60 },
        readinessProbe: { ...probe(READINESS_PATH), periodSeconds: 5, failureThreshold: 2 },
        livenessProbe: { ...probe(LIVENESS_PATH), periodSeconds: 10, failureThreshold: 6 },
        securityContext: CONTAINER_SECURITY,
      },
    ],
  };
}
