import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
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

/** Name of chart, release and service account. */
const CONTROLLER = "aws-load-balancer-controller";
const NAMESPACE = "kube-system";

/** The Helm chart of the controller. */
export interface ChartArgs {
  /** Chart repository (`https://`), chart in a registry (`oci://`) or local folder of the chart. */
  location: string;
  version: string;
}

export interface LoadBalancerControllerArgs {
  network: Network;
  cluster: Cluster;
  chart: ChartArgs;
  /** Whether there are Ingresses: Application Load Balancers, which AWS WAF may guard. */
  ingresses: boolean;
  /** Tags of all that the controller makes; the provider's default tags do not reach it. */
  defaultTags: Record<string, string>;
}

/** The AWS Load Balancer Controller: makes the load balancers that Services and Ingresses ask for. */
export class LoadBalancerController extends pulumi.ComponentResource {
  constructor(
    name: string,
    args: LoadBalancerControllerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("sockjs-sticky:index:LoadBalancerController", name, {}, opts);
    const role = this.#role(name, args);
    const policies = this.#policies(name, args, role);
    // A Release, for a client-side chart would make a new webhook certificate with every preview.
    new k8s.helm.v3.Release(
      name,
      {
        name: CONTROLLER,
        namespace: NAMESPACE,
        ...chartOf(args.chart),
        timeout: START_SECONDS,
        values: chartValues(args, role.arn),
      },
      {
        parent: this,
        // It reads AWS as soon as it starts, and needs its policies until its last load balancer has gone.
        dependsOn: policies,
        customTimeouts: { create: `${START_SECONDS}s`, update: `${START_SECONDS}s` },
      },
    );
    this.registerOutputs();
  }

  /** A role for one service account of this cluster, and nobody else. */
  #role(name: string, { cluster }: LoadBalancerControllerArgs) {
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
                [`${issuer}:sub`]: `system:serviceaccount:${NAMESPACE}:${CONTROLLER}`,
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
    // Apart from the other, so that it is there until the last Ingress has gone.
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

/** Only what differs from the chart's own values. */
function chartValues(args: LoadBalancerControllerArgs, roleArn: pulumi.Input<string>) {
  return {
    clusterName: args.cluster.name,
    // Fargate has no instance metadata from which the controller could learn these.
    region: args.network.region,
    vpcId: args.network.vpcId,
    serviceAccount: {
      create: true,
      name: CONTROLLER,
      annotations: { "eks.amazonaws.com/role-arn": roleArn },
    },
    replicaCount: 2,
    podDisruptionBudget: { maxUnavailable: 1 },
    resources: containerResources({ cpuMillicores: 250, memoryMiB: 512 }),
    defaultTags: args.defaultTags,
    // The webhook's certificate stays when the release is upgraded, and so do its callers' trust.
    keepTLSSecret: true,
    // Services name their class. This webhook would stop the creation of every Service while it is down.
    enableServiceMutatorWebhook: false,
    enableShield: false,
    enableWaf: false,
    enableWafv2: args.ingresses,
  };
}
