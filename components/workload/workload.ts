import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { gracePeriodSeconds } from "../../app/contract/lifecycle.ts";
import { disruptionBudget } from "./disruptionBudget.ts";
import { podSpec, type PodArgs } from "./podSpec.ts";
import { FIRST_START_SECONDS, START_SECONDS } from "./startDeadlines.ts";

/** How long routers take to resolve the new address of a replica and to check it twice. */
const SETTLING_SECONDS = 15;

/** How long one pod takes to start, where one is replaced after the other. */
const POD_START_SECONDS = 120;

export interface WorkloadArgs extends PodArgs {
  namespace: pulumi.Input<string>;
  labels: Record<string, string>;
  /** Replicas; the least where there is an autoscaler. */
  replicas: number;
  /** Replicas at most; an autoscaler keeps between the two. @default - no autoscaler */
  maxReplicas?: number | undefined;
  /**
   * Name of the headless Service by which each replica has a DNS name of its own, which it keeps when it is
   * replaced: a StatefulSet. @default - a Deployment
   */
  serviceName?: pulumi.Input<string> | undefined;
}

/**
 * The replicas of a server. There is no NetworkPolicy, for Fargate enforces none; what may reach the pods is
 * decided by their security group, which the load balancer controller opens for its load balancers.
 */
export class Workload extends pulumi.ComponentResource {
  constructor(name: string, args: WorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:Workload", name, {}, opts);
    const { namespace, labels, maxReplicas, serviceName } = args;
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
      template: { metadata: { labels }, spec: podSpec(name, args, account.metadata.name) },
    };
    // Takes the number of replicas back from an autoscaler that was turned off.
    const annotations = { "pulumi.com/patchForce": "true" };
    const owned = maxReplicas === undefined ? { ...metadata, annotations } : metadata;
    const scaled = {
      parent: this,
      // An autoscaler goes on from the number that it finds; it is only the first one that is given.
      ignoreChanges: maxReplicas === undefined ? [] : ["spec.replicas"],
    };
    const controller =
      serviceName === undefined
        ? this.#deployment(name, owned, common, args, scaled)
        : this.#statefulSet(name, owned, { ...common, serviceName }, args, scaled);
    disruptionBudget(name, metadata, selector, { parent: this });
    if (maxReplicas !== undefined) {
      this.#autoscaler(name, metadata, args.replicas, maxReplicas, controller);
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
          // All at once: every change of the targets may reset the affinity of everyone.
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
          // Pods that drain are not waited for.
          update: `${START_SECONDS}s`,
          delete: `${START_SECONDS + gracePeriodSeconds(drainSeconds)}s`,
        },
      },
    );
  }

  /** One after the other: a replica that is replaced moves only its own keys, and gets them back. */
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
          // Routers have found and checked it before the next one goes.
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

  /** Grows at once and shrinks slowly: each replica less breaks the sessions that it has. */
  #autoscaler(
    name: string,
    metadata: object,
    minReplicas: number,
    maxReplicas: number,
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
      { parent: this },
    );
  }
}
