import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

interface ClusterArgs {
  name: string;
  version: string;
  upgradePolicy: { supportType: string };
  privateSubnetIds: pulumi.Input<string[]>;
  publicSubnetIds: pulumi.Input<string[]>;
  endpointPrivateAccess: boolean;
  endpointPublicAccess: boolean;
  publicAccessCidrs: string[];
  authenticationMode: "API";
  deletionProtection: boolean;
  encryptionConfigKeyArn?: pulumi.Input<string>;
  enabledClusterLogTypes: string[];
  bootstrapSelfManagedAddons: boolean;
}

/**
 * `eks.Cluster` without nodes and add-ons of its own: role, cluster, OIDC provider, and a Kubernetes provider. Source:
 * `nodejs/eks/cluster/cluster.ts` of https://github.com/pulumi/pulumi-eks.
 */
export class Cluster extends pulumi.ComponentResource {
  readonly state: Record<string, unknown>;

  constructor(name: string, args: ClusterArgs, opts: pulumi.ComponentResourceOptions) {
    super("eks:index:Cluster", name, {}, opts);
    const inParent = { parent: this };
    const { role, attachment } = this.#role(name);
    const cluster = new aws.eks.Cluster(
      `${name}-eksCluster`,
      {
        name: args.name,
        roleArn: role.arn,
        version: args.version,
        upgradePolicy: args.upgradePolicy,
        deletionProtection: args.deletionProtection,
        enabledClusterLogTypes: args.enabledClusterLogTypes,
        bootstrapSelfManagedAddons: args.bootstrapSelfManagedAddons,
        accessConfig: {
          authenticationMode: args.authenticationMode,
          bootstrapClusterCreatorAdminPermissions: true,
        },
        vpcConfig: {
          subnetIds: pulumi
            .all([args.publicSubnetIds, args.privateSubnetIds])
            .apply(([open, closed]) => [...open, ...closed]),
          endpointPrivateAccess: args.endpointPrivateAccess,
          endpointPublicAccess: args.endpointPublicAccess,
          publicAccessCidrs: args.publicAccessCidrs,
        },
        ...(args.encryptionConfigKeyArn === undefined
          ? {}
          : {
              encryptionConfig: {
                resources: ["secrets"],
                provider: { keyArn: args.encryptionConfigKeyArn },
              },
            }),
        tags: { Name: `${name}-eksCluster` },
      },
      {
        parent: this,
        dependsOn: attachment,
        ignoreChanges: [
          "accessConfig.bootstrapClusterCreatorAdminPermissions",
          "bootstrapSelfManagedAddons",
        ],
      },
    );
    const issuer = cluster.identities.apply(([first]) => first?.oidcs[0]?.issuer ?? "");
    const oidc = new aws.iam.OpenIdConnectProvider(
      `${name}-oidcProvider`,
      {
        clientIdLists: ["sts.amazonaws.com"],
        url: issuer,
        thumbprintLists: ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
      },
      inParent,
    );
    const kubeconfig = kubeconfigOf(cluster);
    const kubeconfigJson = pulumi.jsonStringify(kubeconfig);
    new k8s.Provider(`${name}-eks-k8s`, { kubeconfig: kubeconfigJson }, inParent);
    this.state = {
      eksCluster: cluster,
      kubeconfig,
      kubeconfigJson,
      oidcIssuer: issuer.apply((url) => url.replace("https://", "")),
      oidcProviderArn: oidc.arn,
      oidcProviderUrl: issuer,
      clusterSecurityGroupId: cluster.vpcConfig.clusterSecurityGroupId,
    };
    this.registerOutputs(this.state);
  }

  #role(name: string) {
    const parent = new pulumi.ComponentResource(
      "eks:index:ServiceRole",
      `${name}-eksRole`,
      {},
      { parent: this },
    );
    const role = new aws.iam.Role(
      `${name}-eksRole-role`,
      {
        description: "Allows EKS to manage clusters on your behalf.",
        assumeRolePolicy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [
            {
              Action: ["sts:AssumeRole", "sts:TagSession"],
              Effect: "Allow",
              Principal: { Service: ["eks.amazonaws.com"] },
            },
          ],
        }),
      },
      { parent },
    );
    const { partition } = aws.getPartitionOutput({}, { parent });
    const attachment = new aws.iam.RolePolicyAttachment(
      `${name}-eksRole-4b490823`,
      {
        role: role.name,
        policyArn: pulumi.interpolate`arn:${partition}:iam::aws:policy/AmazonEKSClusterPolicy`,
      },
      { parent },
    );
    return { role, attachment };
  }
}

/** Gets tokens with the AWS CLI, so it contains no credential. */
function kubeconfigOf(cluster: aws.eks.Cluster): pulumi.Output<object> {
  return pulumi
    .all([cluster.name, cluster.endpoint, cluster.certificateAuthority, cluster.arn])
    .apply(([name, server, { data }, arn]) => ({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "kubernetes", cluster: { server, "certificate-authority-data": data } }],
      contexts: [{ name: "aws", context: { cluster: "kubernetes", user: "aws" } }],
      "current-context": "aws",
      users: [
        {
          name: "aws",
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1beta1",
              command: "aws",
              args: [
                ...["--region", arn.split(":")[3], "eks", "get-token"],
                ...["--cluster-name", name, "--output", "json"],
              ],
              env: [
                {
                  name: "KUBERNETES_EXEC_INFO",
                  value: '{"apiVersion": "client.authentication.k8s.io/v1beta1"}',
                },
              ],
            },
          },
        },
      ],
    }));
}
