import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { gracePeriodSeconds } from "../app/common/lifecycle.ts";
import { containerResources, type FargateSize } from "./fargateSize.ts";

/** The port on which the app listens, by name and by number. */
export const APP_PORT = { name: "http", number: 8080 };

/** A pod starts on Fargate in 60 to 90 s and is then registered with the load balancer. */
const ROLLOUT_SECONDS = 1200;

/** The user of the image, which has no rights. */
const USER = 1000;

export interface WorkloadArgs {
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
  image: pulumi.Input<string>;
  /** Size for which Fargate bills each pod. */
  size: FargateSize;
  /** Replicas; the least where there is an autoscaler. */
  replicas: number;
  /** Replicas at most; an autoscaler keeps between the two. @default - no autoscaler */
  maxReplicas?: number | undefined;
  /** Seconds for which a pod that was told to stop still takes new connections. */
  drainSeconds: number;
  /** Path of the readiness probe. */
  readinessPath: string;
  /** Protocol that the pods speak. */
  targetProtocol: "tcp" | "tls";
}

/**
 * The replicas of a server. There is no NetworkPolicy, for Fargate enforces none; what may reach the pods is
 * decided by their security group, which the load balancer controller opens for its load balancers.
 */
export class Workload extends pulumi.ComponentResource {
  constructor(name: string, args: WorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:Workload", name, {}, opts);
    const { namespace, labels, maxReplicas } = args;
    const metadata = { name, namespace, labels };
    const selector = { matchLabels: labels };
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const deployment = new k8s.apps.v1.Deployment(
      name,
      {
        // Takes the number of replicas back from an autoscaler that was turned off.
        metadata: { ...metadata, annotations: { "pulumi.com/patchForce": "true" } },
        spec: {
          // With an autoscaler the number is its own: two owners of a field conflict.
          ...(maxReplicas === undefined ? { replicas: args.replicas } : {}),
          selector,
          // All at once: every change of the targets may reset the affinity of everyone.
          strategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 },
          },
          progressDeadlineSeconds: ROLLOUT_SECONDS,
          template: { metadata: { labels }, spec: podSpec(name, args, account.metadata.name) },
        },
      },
      {
        parent: this,
        customTimeouts: {
          create: `${ROLLOUT_SECONDS}s`,
          update: `${ROLLOUT_SECONDS + gracePeriodSeconds(args.drainSeconds)}s`,
          delete: `${ROLLOUT_SECONDS + gracePeriodSeconds(args.drainSeconds)}s`,
        },
      },
    );
    // Fargate evicts pods to patch them: one at a time, and one that is not ready never stands in the way.
    new k8s.policy.v1.PodDisruptionBudget(
      name,
      {
        metadata,
        spec: { selector, maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" },
      },
      { parent: this },
    );
    if (maxReplicas !== undefined) {
      this.#autoscaler(name, metadata, args.replicas, maxReplicas, deployment);
    }
    this.registerOutputs();
  }

  /** Grows at once and shrinks slowly: each replica less breaks the sessions that it has. */
  #autoscaler(
    name: string,
    metadata: object,
    minReplicas: number,
    maxReplicas: number,
    deployment: k8s.apps.v1.Deployment,
  ): void {
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      name,
      {
        metadata,
        spec: {
          scaleTargetRef: {
            apiVersion: deployment.apiVersion,
            kind: deployment.kind,
            name: deployment.metadata.name,
          },
          minReplicas,
          maxReplicas,
          metrics: [
            {
              type: "Resource",
              resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
            },
          ],
          behavior: {
            scaleDown: {
              stabilizationWindowSeconds: 1800,
              policies: [{ type: "Pods", value: 1, periodSeconds: 900 }],
            },
          },
        },
      },
      { parent: this },
    );
  }
}

/** A pod under the Pod Security Standard `restricted`. */
function podSpec(name: string, args: WorkloadArgs, serviceAccountName: pulumi.Input<string>) {
  const scheme = args.targetProtocol === "tls" ? "HTTPS" : "HTTP";
  const probe = (path: string) => ({
    httpGet: { path, port: APP_PORT.name, scheme },
    timeoutSeconds: 5,
  });
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: gracePeriodSeconds(args.drainSeconds),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name,
        image: args.image,
        ports: [{ name: APP_PORT.name, containerPort: APP_PORT.number }],
        env: [
          { name: "PORT", value: String(APP_PORT.number) },
          { name: "DRAIN_SECONDS", value: String(args.drainSeconds) },
          { name: "REPLICA_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        ],
        resources: containerResources(args.size),
        startupProbe: { ...probe("/healthz"), periodSeconds: 2, failureThreshold: 60 },
        readinessProbe: { ...probe(args.readinessPath), periodSeconds: 5, failureThreshold: 2 },
        livenessProbe: { ...probe("/healthz"), periodSeconds: 10, failureThreshold: 6 },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
  };
}
