import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { gracePeriodSeconds } from "../../app/contract/lifecycle.ts";
import type { Cluster } from "../cluster/fargateCluster.ts";
import { disruptionBudget } from "./disruptionBudget.ts";
import { podSpec, type PodArgs } from "./podSpec.ts";
import { FIRST_START_SECONDS, START_SECONDS } from "./startDeadlines.ts";

/** Seconds in which routers resolve the new address of a replica and check it twice. */
const SETTLING_SECONDS = 15;

/** Seconds in which one pod starts, when pods are replaced one after the other. */
const POD_START_SECONDS = 120;

export interface WorkloadArgs extends PodArgs {
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
  /** The cluster that it runs in. */
  cluster: Pick<Cluster, "podLabels" | "metricsServer">;
  /** Number of replicas; the minimum if there is an autoscaler. */
  replicas: number;
  /** Maximum number of replicas, for an autoscaler. @default - no autoscaler */
  maxReplicas?: number | undefined;
  /**
   * Name of the headless Service that gives each replica a DNS name, which it keeps when it is replaced; makes the replicas a
   * StatefulSet. @default - a Deployment
   */
  serviceName?: pulumi.Input<string> | undefined;
}

/**
 * The replicas of a server. There is no NetworkPolicy, because Fargate enforces none. The pods' security group decides what may
 * reach them; the load balancer controller opens it for its load balancers.
 */
export class Workload extends pulumi.ComponentResource {
  constructor(name: string, args: WorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:Workload", name, {}, opts);
    const { namespace, labels, cluster, maxReplicas, serviceName } = args;
    const metadata = { name, namespace, labels };
    const selector = { matchLabels: labels };
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const common = {
      replicas: args.replicas,
      selector,
      template: {
        metadata: { labels: { ...cluster.podLabels, ...labels } },
        spec: podSpec(name, args, account.metadata.name),
      },
    };
    // Takes the number of replicas over from an autoscaler that was turned off.
    const annotations = { "pulumi.com/patchForce": "true" };
    const owned = maxReplicas === undefined ? { ...metadata, annotations } : metadata;
    const scaled = {
      parent: this,
      // An autoscaler changes the number of replicas, so only the first one is set here.
      ignoreChanges: maxReplicas === undefined ? [] : ["spec.replicas"],
    };
    const controller =
      serviceName === undefined
        ? this.#deployment(name, owned, common, args, scaled)
        : this.#statefulSet(name, owned, { ...common, serviceName }, args, scaled);
    disruptionBudget(name, metadata, selector, { parent: this });
    if (maxReplicas !== undefined) {
      this.#autoscaler(name, metadata, { ...args, maxReplicas }, controller);
    }
    this.registerOutputs();
  }

  #deployment(
    name: string,
    metadata: object,
    spec: k8s.types.input.apps.v1.DeploymentSpec,
    { drainSeconds }: WorkloadArgs,
    opts: pulumi.CustomResourceOptions,
  ): k8s.apps.v1.Deployment {
    return new k8s.apps.v1.Deployment(
      name,
      {
        metadata,
        spec: {
          ...spec,
          // Replaces all pods at once, because every change of the targets may reset everybody's affinity.
          strategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 },
          },
          progressDeadlineSeconds: START_SECONDS,
        },
      },
      {
        ...opts,
        customTimeouts: {
          create: `${FIRST_START_SECONDS}s`,
          // Does not include the drain, for which Pulumi does not wait.
          update: `${START_SECONDS}s`,
          delete: `${START_SECONDS + gracePeriodSeconds(drainSeconds)}s`,
        },
      },
    );
  }

  /** Replaces one replica after the other, which moves only the keys of that replica, for a while. */
  #statefulSet(
    name: string,
    metadata: object,
    spec: k8s.types.input.apps.v1.StatefulSetSpec,
    { drainSeconds, maxReplicas, replicas }: WorkloadArgs,
    opts: pulumi.CustomResourceOptions,
  ): k8s.apps.v1.StatefulSet {
    const grace = gracePeriodSeconds(drainSeconds);
    const pods = maxReplicas ?? replicas;
    return new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata,
        spec: {
          ...spec,
          podManagementPolicy: "Parallel",
          // Gives routers time to find and check a replica before the next one is replaced.
          minReadySeconds: SETTLING_SECONDS,
          updateStrategy: { type: "RollingUpdate" },
        },
      },
      {
        ...opts,
        customTimeouts: {
          create: `${START_SECONDS}s`,
          update: `${START_SECONDS + pods * (grace + POD_START_SECONDS + SETTLING_SECONDS)}s`,
          delete: `${START_SECONDS + grace}s`,
        },
      },
    );
  }

  /** Grows at once and shrinks slowly, because removing a replica breaks its sessions. */
  #autoscaler(
    name: string,
    metadata: object,
    { cluster, replicas: minReplicas, maxReplicas }: WorkloadArgs & { maxReplicas: number },
    { apiVersion, kind, metadata: target }: k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet,
  ): void {
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      name,
      {
        metadata,
        spec: {
          scaleTargetRef: { apiVersion, kind, name: target.name },
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
      { parent: this, dependsOn: cluster.metricsServer ?? [] },
    );
  }
}
