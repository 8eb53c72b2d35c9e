import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { withDefaults, type Complete } from "../defaults.ts";
import type { Network } from "../network/vpc.ts";
import { containerResources } from "../workload/fargateSize.ts";
import {
  controllerPolicy,
  ingressPolicy,
  type PolicyDocument,
  type PolicyScope,
} from "./loadBalancerControllerPolicy.ts";
import type { Cluster } from "./fargateCluster.ts";
import { START_SECONDS } from "../workload/startDeadlines.ts";

/** Name of the chart, the release, its Deployment and its service account. */
export const CONTROLLER = "aws-load-balancer-controller";
export const CONTROLLER_NAMESPACE = "kube-system";

/** The Helm chart of the controller. */
export interface ChartArgs {
  /** URL of a chart repository (`https://`), URL of a chart in a registry (`oci://`), or folder of a chart. */
  location: string;
  /** Version of the chart. */
  version: string;
}

export interface LoadBalancerControllerArgs {
  /** The VPC in which it creates load balancers. */
  network: Pick<Network, "region" | "vpcId">;
  /** The cluster that it runs in. */
  cluster: Cluster;
  /** Its Helm chart. @default - 3.5.0 of https://aws.github.io/eks-charts */
  chart?: ChartArgs | undefined;
  /** Whether there are Ingresses, which become Application Load Balancers and may have web ACLs of AWS WAF. @default true */
  ingresses?: boolean | undefined;
  /** Tags of everything that the controller creates; the provider's default tags do not apply to it. @default {} */
  defaultTags?: Record<string, string> | undefined;
}

export const CONTROLLER_DEFAULTS = {
  chart: { location: "https://aws.github.io/eks-charts", version: "3.5.0" },
  ingresses: true,
  defaultTags: {},
} as const satisfies Partial<LoadBalancerControllerArgs>;

type Controller = Complete<LoadBalancerControllerArgs, typeof CONTROLLER_DEFAULTS>;

/**
 * The AWS Load Balancer Controller, which creates and deletes the load balancers of Services and Ingresses. It must depend on what the
 * pods in `kube-system` need, and whatever has a load balancer must depend on it.
 */
export class LoadBalancerController extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: LoadBalancerControllerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("sockjs-sticky:index:LoadBalancerController", name, {}, opts);
    const all = withDefaults(args, CONTROLLER_DEFAULTS);
    const role = this.#role(name, all);
    const policies = this.#policies(name, all, role);
    // A Release, because a client-side chart creates a new webhook certificate in every preview.
    new k8s.helm.v3.Release(
      name,
      {
        name: CONTROLLER,
        namespace: CONTROLLER_NAMESPACE,
        ...chartOf(all.chart),
        timeout: START_SECONDS,
        values: chartValues(all, role.arn),
      },
      {
        parent: this,
        // It calls AWS as soon as it starts, and needs its policies until its last load balancer is deleted.
        dependsOn: policies,
        customTimeouts: { create: `${START_SECONDS}s`, update: `${START_SECONDS}s` },
      },
    );
    this.registerOutputs();
  }

  /** A role that only one service account of this cluster may assume. */
  #role(name: string, { cluster }: Controller) {
    const trust = pulumi
      .all([cluster.oidcProviderArn, cluster.oidcIssuer])
      .apply(([Federated, issuer]): aws.iam.PolicyDocument => ({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Federated },
            Action: "sts:AssumeRoleWithWebIdentity",
            Condition: {
              StringEquals: {
                [`${issuer}:aud`]: "sts.amazonaws.com",
                [`${issuer}:sub`]: `system:serviceaccount:${CONTROLLER_NAMESPACE}:${CONTROLLER}`,
              },
            },
          },
        ],
      }));
    return new aws.iam.Role(
      name,
      {
        description: `AWS Load Balancer Controller of ${cluster.name}`,
        assumeRolePolicy: pulumi.jsonStringify(trust),
      },
      { parent: this },
    );
  }

  #policies(name: string, args: LoadBalancerControllerArgs, { name: role }: aws.iam.Role) {
    const { cluster, network } = args;
    const { partition } = aws.getPartitionOutput({}, { parent: this });
    const { accountId } = aws.getCallerIdentityOutput({}, { parent: this });
    const scope = pulumi.output({
      partition,
      region: network.region,
      accountId,
      clusterName: cluster.name,
      vpcId: network.vpcId,
      podSecurityGroupId: cluster.podSecurityGroupId,
    });
    const attach = (policyName: string, document: (scope: PolicyScope) => PolicyDocument) =>
      new aws.iam.RolePolicy(
        policyName,
        { role, policy: pulumi.jsonStringify(scope.apply(document)) },
        { parent: this },
      );
    const policy = attach(name, controllerPolicy);
    // Separate from the other one, so that it outlives the last Ingress.
    return args.ingresses ? [policy, attach(`${name}-ingresses`, ingressPolicy)] : [policy];
  }
}

/** Where Helm finds the chart. */
function chartOf({ location, version }: ChartArgs) {
  if (location.startsWith("https://")) {
    return { chart: CONTROLLER, version, repositoryOpts: { repo: location } };
  }
  return location.startsWith("oci://") ? { chart: location, version } : { chart: location };
}

/** The values that differ from the chart's defaults. */
function chartValues(args: Controller, roleArn: pulumi.Input<string>) {
  const { systemPodLabels: podLabels } = args.cluster;
  return {
    clusterName: args.cluster.name,
    // Fargate has no instance metadata service from which the controller could read these.
    region: args.network.region,
    vpcId: args.network.vpcId,
    serviceAccount: {
      create: true,
      name: CONTROLLER,
      annotations: { "eks.amazonaws.com/role-arn": roleArn },
    },
    replicaCount: 2,
    ...(podLabels && { podLabels }),
    podDisruptionBudget: { maxUnavailable: 1 },
    resources: containerResources({ cpuMillicores: 250, memoryMiB: 512 }),
    defaultTags: args.defaultTags,
    // Keeps the webhook's certificate in an upgrade, so the API server keeps trusting it.
    keepTLSSecret: true,
    // Not needed, because Services name their class. While this webhook is down no Service could be created.
    enableServiceMutatorWebhook: false,
    enableShield: false,
    enableWaf: false,
    enableWafv2: args.ingresses,
  };
}
