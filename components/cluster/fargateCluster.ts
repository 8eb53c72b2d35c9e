import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { LOGGING_CONFIG_MAP, LOGGING_NAMESPACE, loggingConfig } from "./fargateLogging.ts";
import { PodExecutionRole } from "./podExecutionRole.ts";
import type { Network } from "../network/vpc.ts";
import { START_SECONDS } from "../workload/startDeadlines.ts";

/** How long Pulumi waits for the pods of an add-on. */
const ADDON_TIMEOUT = `${START_SECONDS}s`;

/** The part of a cluster that AWS operates. */
export interface ControlPlaneArgs {
  kubernetesVersion: string;
  /** ARNs of IAM roles and users who administer the cluster, in addition to its creator. */
  admins: string[];
  /** CIDR blocks that may reach the public endpoint. The private endpoint is always on. */
  publicAccessCidrs: string[];
  /** Encrypts Kubernetes Secrets with a KMS key of the stack's own, USD 1 a month (us-east-1, 2026-11). */
  secretsEncryption: boolean;
  /** Types of control plane logs to keep. */
  logTypes: string[];
}

export interface FargateClusterArgs {
  network: Network;
  controlPlane: ControlPlaneArgs;
  /** Namespaces whose pods run on Fargate, in addition to `kube-system`. */
  namespaces: string[];
  /** Days for which logs are kept. */
  logRetentionDays: number;
  /** Makes EKS reject deleting the cluster. */
  deletionProtection: boolean;
  /** Installs the metrics-server, which autoscalers need. */
  metricsServer: boolean;
}

/** What other components need to know about a cluster. */
export interface Cluster {
  /** Its name in AWS. */
  name: string;
  oidcProviderArn: pulumi.Input<string>;
  /** Issuer without `https://`, as the conditions of trust policies require. */
  oidcIssuer: pulumi.Input<string>;
  /** Security group of the pods. */
  podSecurityGroupId: pulumi.Input<string>;
}

/** An EKS cluster that runs only on Fargate, USD 0.10 an hour (us-east-1, 2026-11). */
export class FargateCluster extends pulumi.ComponentResource implements Cluster {
  readonly name: string;
  /** Provider for all objects in the cluster. Pods must also depend on the component, because they need its add-ons. */
  readonly kubernetes: k8s.Provider;
  /** Secret, although it has no credentials: the AWS CLI gets them. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly oidcProviderArn: pulumi.Output<string>;
  readonly oidcIssuer: pulumi.Output<string>;
  readonly podSecurityGroupId: pulumi.Output<string>;

  constructor(name: string, args: FargateClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:FargateCluster", name, {}, opts);
    this.name = name;
    const inParent = { parent: this };
    const podLogs = this.#logGroup("fargate", args, { parent: this });
    const cluster = this.#cluster(args);
    const podExecutionRole = new PodExecutionRole(
      `${name}-fargate-pods`,
      { clusterName: name, logGroupArn: podLogs.arn },
      inParent,
    );
    const profiles = ["kube-system", ...args.namespaces].map(
      (namespace) =>
        new aws.eks.FargateProfile(
          `${name}-${namespace}`,
          {
            clusterName: cluster.eksCluster.name,
            podExecutionRoleArn: podExecutionRole.arn,
            subnetIds: args.network.privateSubnetIds,
            selectors: [{ namespace }],
          },
          // Not protected, because removing a workload removes its profile.
          namespace === "kube-system" ? inParent : { ...inParent, protect: false },
        ),
    );
    args.controlPlane.admins.forEach((admin) => this.#admit(admin, cluster.eksCluster.name));
    this.kubeconfig = pulumi.secret(cluster.kubeconfigJson);
    const provider = new k8s.Provider(
      name,
      { kubeconfig: this.kubeconfig },
      { parent: this, dependsOn: profiles },
    );
    const logging = this.#logging(args.network.region, podLogs, provider);
    this.#addons(args, cluster, [...profiles, logging]);

    this.kubernetes = provider;
    this.oidcProviderArn = cluster.oidcProviderArn;
    this.oidcIssuer = cluster.oidcIssuer;
    this.podSecurityGroupId = cluster.eksCluster.vpcConfig.clusterSecurityGroupId;
    this.registerOutputs({
      kubeconfig: this.kubeconfig,
      oidcProviderArn: this.oidcProviderArn,
      oidcIssuer: this.oidcIssuer,
      podSecurityGroupId: this.podSecurityGroupId,
    });
  }

  /** A cluster without nodes, and so without instance role and security groups for them. The add-ons are defined below. */
  #cluster(args: FargateClusterArgs): eks.Cluster {
    const { name } = this;
    const { network, controlPlane } = args;
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
        ? [this.#logGroup("cluster", args, { parent: this, protect: false })]
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
        endpointPublicAccess: true,
        publicAccessCidrs: controlPlane.publicAccessCidrs,
        authenticationMode: "API",
        createOidcProvider: true,
        deletionProtection: args.deletionProtection,
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
  #admit(principalArn: string, clusterName: pulumi.Input<string>): void {
    const { partition } = aws.getPartitionOutput({}, { parent: this });
    const opts = { parent: this, protect: false };
    const name = `${this.name}-${principalArn.split(":").slice(4).join(":")}`;
    const entry = new aws.eks.AccessEntry(name, { clusterName, principalArn }, opts);
    new aws.eks.AccessPolicyAssociation(
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

  /** Add-ons in the versions that are AWS's defaults for the cluster's Kubernetes version. */
  #addons(
    { controlPlane: { kubernetesVersion }, metricsServer }: FargateClusterArgs,
    cluster: eks.Cluster,
    dependsOn: pulumi.Resource[],
  ): void {
    const addon = (
      addonName: string,
      configuration: { configurationValues?: string },
      opts: pulumi.CustomResourceOptions,
    ): aws.eks.Addon =>
      new aws.eks.Addon(
        `${this.name}-${addonName}`,
        {
          clusterName: cluster.eksCluster.name,
          addonName,
          addonVersion: aws.eks.getAddonVersionOutput(
            { addonName, kubernetesVersion },
            { parent: this },
          ).version,
          ...configuration,
          resolveConflictsOnCreate: "OVERWRITE",
          resolveConflictsOnUpdate: "OVERWRITE",
        },
        {
          parent: this,
          customTimeouts: { create: ADDON_TIMEOUT, update: ADDON_TIMEOUT },
          ...opts,
        },
      );
    // They have no pods on Fargate, but others who run it install both (terraform-aws-eks, tests/fargate-profile). AWS does not
    // document whether a Fargate pod's own kube-proxy gets its role without the first; without it no pod resolves a name.
    const network = ["kube-proxy", "vpc-cni"].map((name) => addon(name, {}, {}));
    // Until a profile selects its pods they are pending, and the add-on is degraded.
    const onFargate = { configurationValues: JSON.stringify({ computeType: "Fargate" }) };
    const dns = addon("coredns", onFargate, { dependsOn: [...dependsOn, ...network] });
    if (metricsServer) {
      // Not protected, because turning autoscaling off removes it.
      addon("metrics-server", {}, { dependsOn: dns, protect: false });
    }
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
    { logRetentionDays: retentionInDays }: FargateClusterArgs,
    opts: pulumi.CustomResourceOptions,
  ): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      `${this.name}-${source}-logs`,
      { name: `/aws/eks/${this.name}/${source}`, retentionInDays },
      opts,
    );
  }
}
