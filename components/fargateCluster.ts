import * as aws from "@pulumi/aws";
import * as eks from "@pulumi/eks";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { LOGGING_CONFIG_MAP, LOGGING_NAMESPACE, loggingConfig } from "./fargateLogging.ts";
import { PodExecutionRole } from "./podExecutionRole.ts";

/** Pulumi waits so long for the pods of an add-on: Fargate starts take 60 to 90 s each. */
const ADDON_TIMEOUT = "30m";

export interface FargateClusterArgs {
  vpcId: pulumi.Input<string>;
  /** Subnets in which pods run. */
  privateSubnetIds: pulumi.Input<string[]>;
  publicSubnetIds: pulumi.Input<string[]>;
  region: string;
  kubernetesVersion: string;
  /** Namespaces whose pods run on Fargate, beside `kube-system`. */
  namespaces: string[];
  /** ARNs of IAM roles and users that administer the cluster, beside its creator. */
  admins: string[];
  /** CIDR blocks from which the public endpoint answers; the private one always does. */
  publicAccessCidrs: string[];
  /** Encrypts Kubernetes Secrets with a KMS key of our own, USD 1 a month (us-east-1, 2026-11). */
  secretsEncryption: boolean;
  /** Logs of the control plane to keep. */
  controlPlaneLogs: string[];
  /** Days for which logs are kept. */
  logRetentionDays: number;
  /** Has EKS refuse to delete the cluster. */
  deletionProtection: boolean;
  /** Installs the metrics-server, which an autoscaler needs. */
  metricsServer: boolean;
}

/** An EKS cluster that runs only on Fargate, USD 0.10 an hour (us-east-1, 2026-11). */
export class FargateCluster extends pulumi.ComponentResource {
  readonly name: string;
  /** For all objects in the cluster; what uses it waits until pods can run and find each other. */
  readonly kubernetes: k8s.Provider;
  /** Secret, though without credentials: it has the AWS CLI get them. */
  readonly kubeconfig: pulumi.Output<string>;
  readonly oidcProviderArn: pulumi.Output<string>;
  /** Without `https://`, as conditions of trust policies want it. */
  readonly oidcIssuer: pulumi.Output<string>;
  /** The security group that EKS gives to Fargate pods. */
  readonly podSecurityGroupId: pulumi.Output<string>;

  constructor(name: string, args: FargateClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:FargateCluster", name, {}, opts);
    this.name = name;
    const inParent = { parent: this };
    const podLogs = this.#logGroup("fargate", args.logRetentionDays);
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
            subnetIds: args.privateSubnetIds,
            selectors: [{ namespace }],
          },
          inParent,
        ),
    );
    const addons = this.#addons(args, cluster, profiles);
    const provider = new k8s.Provider(
      name,
      { kubeconfig: cluster.kubeconfigJson },
      { parent: this, dependsOn: [...profiles, ...addons] },
    );
    this.#logging(args.region, podLogs, provider);

    this.kubernetes = provider;
    this.kubeconfig = pulumi.secret(cluster.kubeconfigJson);
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

  /** EKS and no nodes: no instance role, no security groups for them, no VPC CNI, no kube-proxy. */
  #cluster(args: FargateClusterArgs): eks.Cluster {
    const { name } = this;
    const key = args.secretsEncryption
      ? new aws.kms.Key(
          `${name}-secrets`,
          { description: `Kubernetes Secrets of ${name}`, enableKeyRotation: true },
          { parent: this },
        )
      : undefined;
    // EKS would make the group itself, and it would stay when the cluster is gone.
    const logs =
      args.controlPlaneLogs.length > 0 ? [this.#logGroup("cluster", args.logRetentionDays)] : [];
    return new eks.Cluster(
      name,
      {
        name,
        version: args.kubernetesVersion,
        upgradePolicy: { supportType: "STANDARD" },
        vpcId: args.vpcId,
        privateSubnetIds: args.privateSubnetIds,
        publicSubnetIds: args.publicSubnetIds,
        endpointPrivateAccess: true,
        endpointPublicAccess: true,
        publicAccessCidrs: args.publicAccessCidrs,
        authenticationMode: "API",
        accessEntries: this.#accessEntries(args.admins),
        createOidcProvider: true,
        deletionProtection: args.deletionProtection,
        ...(key === undefined ? {} : { encryptionConfigKeyArn: key.arn }),
        enabledClusterLogTypes: args.controlPlaneLogs,
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

  #accessEntries(admins: string[]) {
    const { partition } = aws.getPartitionOutput({}, { parent: this });
    const policyArn = pulumi.interpolate`arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`;
    return Object.fromEntries(
      admins.map((principalArn) => [
        principalArn.replace(/^.*:/, "").replaceAll("/", "-"),
        {
          principalArn,
          accessPolicies: { admin: { policyArn, accessScope: { type: "cluster" } } },
        },
      ]),
    );
  }

  /** Add-ons in the version that is AWS's default for the cluster's version of Kubernetes. */
  #addons(
    args: FargateClusterArgs,
    cluster: eks.Cluster,
    profiles: pulumi.Resource[],
  ): aws.eks.Addon[] {
    const addon = (
      addonName: string,
      values: object,
      dependsOn: pulumi.Resource[],
    ): aws.eks.Addon =>
      new aws.eks.Addon(
        `${this.name}-${addonName}`,
        {
          clusterName: cluster.eksCluster.name,
          addonName,
          addonVersion: aws.eks.getAddonVersionOutput(
            { addonName, kubernetesVersion: args.kubernetesVersion },
            { parent: this },
          ).version,
          configurationValues: JSON.stringify(values),
          resolveConflictsOnCreate: "OVERWRITE",
          resolveConflictsOnUpdate: "OVERWRITE",
        },
        {
          parent: this,
          dependsOn,
          customTimeouts: { create: ADDON_TIMEOUT, update: ADDON_TIMEOUT },
        },
      );
    // Its pods are pending, and the add-on degraded, until the profile takes them.
    const dns = addon("coredns", { computeType: "Fargate" }, profiles);
    return args.metricsServer ? [dns, addon("metrics-server", {}, [...profiles, dns])] : [dns];
  }

  /** Only pods that start later have their logs kept. */
  #logging(region: string, group: aws.cloudwatch.LogGroup, provider: k8s.Provider): void {
    const opts = { parent: this, provider };
    const namespace = new k8s.core.v1.Namespace(
      `${this.name}-logging`,
      { metadata: { name: LOGGING_NAMESPACE, labels: { "aws-observability": "enabled" } } },
      opts,
    );
    new k8s.core.v1.ConfigMap(
      `${this.name}-logging`,
      {
        metadata: { name: LOGGING_CONFIG_MAP, namespace: namespace.metadata.name },
        data: group.name.apply((logGroup) => loggingConfig(region, logGroup)),
      },
      opts,
    );
  }

  #logGroup(source: string, retentionInDays: number): aws.cloudwatch.LogGroup {
    return new aws.cloudwatch.LogGroup(
      `${this.name}-${source}-logs`,
      { name: `/aws/eks/${this.name}/${source}`, retentionInDays },
      { parent: this },
    );
  }
}
