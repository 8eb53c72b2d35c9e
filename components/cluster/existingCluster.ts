import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Network } from "../network/vpc.ts";
import type { Cluster } from "./fargateCluster.ts";
import { PodExecutionRole } from "./podExecutionRole.ts";
import { stackLabels } from "./stackLabels.ts";

/** API from which autoscalers read metrics. */
const METRICS_API = "v1beta1.metrics.k8s.io";

export interface ExistingClusterArgs {
  /** Its name in AWS. */
  clusterName: string;
  /** The VPC of the cluster. */
  network: Network;
  /** Whether pods run on the cluster's nodes, and not on Fargate. @default false */
  nodes?: boolean | undefined;
  /** Whether autoscalers need its metrics-server. @default false */
  metricsServer?: boolean | undefined;
}

/** An existing EKS cluster, which the stack never deletes. It gets a Fargate profile unless pods run on its nodes. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  /** Its name in AWS. */
  readonly name: string;
  /** Provider for all objects in the cluster. */
  readonly kubernetes: k8s.Provider;
  /** Labels of every pod, which its Fargate profile selects. */
  readonly podLabels: Record<string, string>;
  /** Labels of pods in `kube-system`. */
  readonly systemPodLabels: Record<string, string>;
  /** What autoscalers depend on, if they need it. */
  readonly metricsServer: pulumi.Resource | undefined;
  /** What pods in `kube-system` must depend on. */
  readonly systemPods: pulumi.Resource[];
  /** What all other pods must depend on. */
  readonly workloadPods: pulumi.Resource[];
  /** Secret, as that of a new cluster. */
  readonly kubeconfig: pulumi.Output<string>;
  /** ARN of the cluster's OIDC provider in IAM, which must exist. */
  readonly oidcProviderArn: pulumi.Output<string>;
  /** Issuer without `https://`, as the conditions of trust policies require. */
  readonly oidcIssuer: pulumi.Output<string>;
  /** Security group of the pods. */
  readonly podSecurityGroupId: pulumi.Output<string>;

  /** @param name of what is added to the cluster */
  constructor(name: string, args: ExistingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:ExistingCluster", name, {}, opts);
    const inParent = { parent: this };
    const cluster = aws.eks.getClusterOutput({ name: args.clusterName }, inParent);
    const { partition } = aws.getPartitionOutput({}, inParent);
    const { accountId } = aws.getCallerIdentityOutput({}, inParent);
    this.name = args.clusterName;
    this.podLabels = stackLabels(name);
    // The profile selects pods in every namespace.
    this.systemPodLabels = this.podLabels;
    this.workloadPods = args.nodes === true ? [] : [this.#profile(name, args)];
    this.systemPods = this.workloadPods;
    const kubeconfig = pulumi
      .all([cluster.endpoint, cluster.certificateAuthorities])
      .apply(([server, [authority]]) =>
        kubeconfigOf(args.clusterName, args.network.region, server, authority?.data ?? ""),
      );
    this.kubeconfig = pulumi.secret(pulumi.jsonStringify(kubeconfig));
    this.kubernetes = new k8s.Provider(name, { kubeconfig: this.kubeconfig }, inParent);
    this.metricsServer =
      args.metricsServer === true
        ? k8s.apiregistration.v1.APIService.get(`${name}-metrics-server`, METRICS_API, {
            parent: this,
            provider: this.kubernetes,
          })
        : undefined;
    this.oidcIssuer = cluster.identities.apply(([identity]) =>
      String(identity?.oidcs[0]?.issuer).replace("https://", ""),
    );
    this.oidcProviderArn = pulumi.interpolate`arn:${partition}:iam::${accountId}:oidc-provider/${this.oidcIssuer}`;
    this.podSecurityGroupId = cluster.vpcConfig.clusterSecurityGroupId;
    this.registerOutputs({
      // Plain, as that of eks.Cluster: `npm run destroy` reads it in the state.
      kubeconfig,
      oidcProviderArn: this.oidcProviderArn,
      oidcIssuer: this.oidcIssuer,
      podSecurityGroupId: this.podSecurityGroupId,
    });
  }

  #profile(name: string, { clusterName, network }: ExistingClusterArgs): aws.eks.FargateProfile {
    const role = new PodExecutionRole(`${name}-fargate-pods`, { clusterName }, { parent: this });
    return new aws.eks.FargateProfile(
      `${name}-workloads`,
      {
        clusterName,
        podExecutionRoleArn: role.arn,
        subnetIds: network.privateSubnetIds,
        selectors: [{ namespace: "*", labels: this.podLabels }],
      },
      { parent: this },
    );
  }
}

/** A kubeconfig without credentials: the AWS CLI gets them. */
function kubeconfigOf(name: string, region: string, server: string, authority: string) {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": authority } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: [
              "--region",
              region,
              "eks",
              "get-token",
              "--cluster-name",
              name,
              "--output",
              "json",
            ],
          },
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
}
