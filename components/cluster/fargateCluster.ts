import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { withDefaults, type Complete } from "../defaults.ts";
import {
  CONTROL_PLANE_DEFAULTS,
  type ControlPlane,
  type ControlPlaneArgs,
} from "./controlPlane.ts";
import { clusterAddons } from "./clusterAddons.ts";
import { LOGGING_CONFIG_MAP, LOGGING_NAMESPACE, loggingConfig } from "./fargateLogging.ts";
import { PodExecutionRole } from "./podExecutionRole.ts";
import { stackLabels } from "./stackLabels.ts";
import type { Network } from "../network/vpc.ts";

export interface FargateClusterArgs {
  /** The VPC with its subnets. */
  network: Network;
  /** The part of the cluster that AWS operates. @default {} */
  controlPlane?: ControlPlaneArgs | undefined;
  /** Days for which CloudWatch keeps the logs of pods and of the control plane. @default 7 */
  logRetentionDays?: number | undefined;
  /** Makes EKS reject deleting the cluster. @default false */
  deletionProtection?: boolean | undefined;
  /** Installs the metrics-server, which autoscalers need. @default false */
  metricsServer?: boolean | undefined;
}

export const CLUSTER_DEFAULTS = {
  logRetentionDays: 7,
  deletionProtection: false,
  metricsServer: false,
} as const satisfies Partial<FargateClusterArgs>;

/** What other components need to know about a cluster. */
export interface Cluster {
  /** Its name in AWS. */
  name: string;
  /** ARN of its OIDC provider in IAM. */
  oidcProviderArn: pulumi.Input<string>;
  /** Issuer without `https://`, as the conditions of trust policies require. */
  oidcIssuer: pulumi.Input<string>;
  /** Security group of the pods. */
  podSecurityGroupId: pulumi.Input<string>;
  /** Labels of every pod outside of `kube-system`, without which it stays pending. */
  podLabels: Record<string, string>;
  /** Labels of pods in `kube-system`, without which they stay pending. @default - they need none */
  systemPodLabels?: Record<string, string> | undefined;
  /** What autoscalers get their metrics from, and must depend on. @default - not installed */
  metricsServer?: pulumi.Resource | undefined;
}

/** An EKS cluster that runs only on Fargate, USD 0.10 an hour (us-east-1, 2026-11). */
export class FargateCluster extends pulumi.ComponentResource implements Cluster {
  /** Its name in AWS. */
  readonly name: string;
  /** Provider for all objects in the cluster. */
  readonly kubernetes: k8s.Provider;
  /** Labels of every pod outside of `kube-system`, without which it stays pending. */
  readonly podLabels: Record<string, string>;
  /** What autoscalers depend on, if it is installed. */
  readonly metricsServer: pulumi.Resource | undefined;
  /** What pods in `kube-system` must depend on. */
  readonly systemPods: pulumi.Resource[];
  /** What all other pods must depend on. */
  readonly workloadPods: pulumi.Resource[];
  /** Secret, although it has no credentials: the AWS CLI gets them. */
  readonly kubeconfig: pulumi.Output<string>;
  /** ARN of the cluster's OIDC provider in IAM. */
  readonly oidcProviderArn: pulumi.Output<string>;
  /** Issuer without `https://`, as the conditions of trust policies require. */
  readonly oidcIssuer: pulumi.Output<string>;
  /** Security group of the pods. */
  readonly podSecurityGroupId: pulumi.Output<string>;

  /** @param name of the cluster in AWS */
  constructor(name: string, args: FargateClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:FargateCluster", name, {}, opts);
    this.name = name;
    const all = withDefaults(args, CLUSTER_DEFAULTS);
    const controlPlane = withDefaults(args.controlPlane ?? {}, CONTROL_PLANE_DEFAULTS);
    const inParent = { parent: this };
    const podLogs = this.#logGroup("fargate", all.logRetentionDays, { parent: this });
    const cluster = this.#cluster(all, controlPlane);
    const podExecutionRole = new PodExecutionRole(
      `${name}-fargate-pods`,
      { clusterName: name, logGroupArn: podLogs.arn },
      inParent,
    );
    const profile = (
      profileName: string,
      selector: aws.types.input.eks.FargateProfileSelector,
      dependsOn: pulumi.Resource[],
    ): aws.eks.FargateProfile =>
      new aws.eks.FargateProfile(
        `${name}-${profileName}`,
        {
          clusterName: cluster.eksCluster.name,
          podExecutionRoleArn: podExecutionRole.arn,
          subnetIds: all.network.privateSubnetIds,
          selectors: [selector],
        },
        { parent: this, dependsOn },
      );
    this.podLabels = stackLabels(name);
    const system = profile("kube-system", { namespace: "kube-system" }, []);
    // Independent of the workloads: AWS cannot change a profile, and deletes one together with its pods. AWS creates one profile
    // at a time, so the other one comes first.
    const workloads = profile("workloads", { namespace: "*", labels: this.podLabels }, [system]);
    const access = controlPlane.admins.map((admin) => this.#admit(admin, cluster.eksCluster.name));
    const { clusterSecurityGroupId } = cluster.eksCluster.vpcConfig;
    const apiRules = controlPlane.privateAccessCidrs.map((cidr) =>
      this.#allowApiFrom(clusterSecurityGroupId, cidr),
    );
    this.kubeconfig = pulumi.secret(cluster.kubeconfigJson);
    const provider = new k8s.Provider(
      name,
      { kubeconfig: this.kubeconfig },
      // Pulumi needs access from the first object until the last one is deleted.
      { parent: this, dependsOn: [system, ...access, ...apiRules] },
    );
    const logging = this.#logging(all.network.region, podLogs, provider);
    const { dns, metricsServer } = clusterAddons(
      name,
      {
        clusterName: cluster.eksCluster.name,
        kubernetesVersion: controlPlane.kubernetesVersion,
        metricsServer: all.metricsServer,
      },
      { parent: this, dependsOn: [system, logging] },
    );
    this.metricsServer = metricsServer;
    this.systemPods = [system, logging, dns];
    this.workloadPods = [...this.systemPods, workloads];

    this.kubernetes = provider;
    this.oidcProviderArn = cluster.oidcProviderArn;
    this.oidcIssuer = cluster.oidcIssuer;
    this.podSecurityGroupId = clusterSecurityGroupId;
    this.registerOutputs({
      kubeconfig: this.kubeconfig,
      oidcProviderArn: this.oidcProviderArn,
      oidcIssuer: this.oidcIssuer,
      podSecurityGroupId: this.podSecurityGroupId,
    });
  }

  /** A cluster without nodes, and so without instance role and security groups for them. The add-ons are defined below. */
  #cluster(
    {
      network,
      deletionProtection,
      logRetentionDays,
    }: Complete<FargateClusterArgs, typeof CLUSTER_DEFAULTS>,
    controlPlane: ControlPlane,
  ): eks.Cluster {
    const { name } = this;
    const key = controlPlane.secretsEncryption
      ? new aws.kms.Key(
          `${name}-secrets`,
          { description: `Kubernetes Secrets of ${name}`, enableKeyRotation: true },
          { parent: this },
        )
      : undefined;
    // Otherwise EKS creates the group, which then outlives the cluster. Not protected, because turning all logs off removes it.
    const logs =
      controlPlane.logTypes.length > 0
        ? [this.#logGroup("cluster", logRetentionDays, { parent: this, protect: false })]
        : [];
    return new eks.Cluster(
      name,
      {
        name,
        version: controlPlane.kubernetesVersion,
        upgradePolicy: { supportType: "STANDARD" },
        vpcId: network.vpcId,
        privateSubnetIds: network.privateSubnetIds,
        publicSubnetIds: network.publicSubnetIds,
        endpointPrivateAccess: true,
        endpointPublicAccess: controlPlane.endpointPublicAccess,
        ...(controlPlane.endpointPublicAccess && {
          publicAccessCidrs: controlPlane.publicAccessCidrs,
        }),
        authenticationMode: "API",
        createOidcProvider: true,
        deletionProtection,
        ...(key === undefined ? {} : { encryptionConfigKeyArn: key.arn }),
        enabledClusterLogTypes: controlPlane.logTypes,
        skipDefaultNodeGroup: true,
        skipDefaultSecurityGroups: true,
        useDefaultVpcCni: true,
        bootstrapSelfManagedAddons: false,
        kubeProxyAddonOptions: { enabled: false },
        corednsAddonOptions: { enabled: false },
      },
      { parent: this, dependsOn: logs },
    );
  }

  /** Never protected, because people who leave must lose access at once. */
  #admit(principalArn: string, clusterName: pulumi.Input<string>): aws.eks.AccessPolicyAssociation {
    const { partition } = aws.getPartitionOutput({}, { parent: this });
    const opts = { parent: this, protect: false };
    const name = `${this.name}-${principalArn.split(":").slice(4).join(":")}`;
    const entry = new aws.eks.AccessEntry(name, { clusterName, principalArn }, opts);
    return new aws.eks.AccessPolicyAssociation(
      name,
      {
        clusterName,
        principalArn: entry.principalArn,
        policyArn: pulumi.interpolate`arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
        accessScope: { type: "cluster" },
      },
      opts,
    );
  }

  /** Never protected, so removing a block closes access at once. */
  #allowApiFrom(
    securityGroupId: pulumi.Input<string>,
    cidrIpv4: string,
  ): aws.vpc.SecurityGroupIngressRule {
    const port = { ipProtocol: "tcp", fromPort: 443, toPort: 443 };
    return new aws.vpc.SecurityGroupIngressRule(
      `${this.name}-api-${cidrIpv4}`,
      { securityGroupId, cidrIpv4, ...port, description: "Kubernetes API" },
      { parent: this, protect: false },
    );
  }

  /** Configures logging, which applies only to pods that start later. */
  #logging(
    region: string,
    group: aws.cloudwatch.LogGroup,
    provider: k8s.Provider,
  ): k8s.core.v1.ConfigMap {
    const opts = { parent: this, provider };
    const namespace = new k8s.core.v1.Namespace(
      `${this.name}-logging`,
      {
        metadata: {
          name: LOGGING_NAMESPACE,
          // No profile selects pods in this namespace; the second label is the same in all namespaces.
          labels: {
            "aws-observability": "enabled",
            "pod-security.kubernetes.io/enforce": "restricted",
          },
        },
      },
      opts,
    );
    return new k8s.core.v1.ConfigMap(
      `${this.name}-logging`,
      {
        metadata: { name: LOGGING_CONFIG_MAP, namespace: namespace.metadata.name },
        data: group.name.apply((logGroup) => loggingConfig(region, logGroup)),
      },
      opts,
    );
  }

  #logGroup(
    source: string,
    retentionInDays: number,
    opts: pulumi.CustomResourceOptions,
  ): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      `${this.name}-${source}-logs`,
      { name: `/aws/eks/${this.name}/${source}`, retentionInDays },
      opts,
    );
  }
}
