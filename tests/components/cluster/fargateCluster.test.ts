import { deepEqual, equal, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  FargateCluster,
  type FargateClusterArgs,
} from "../../../components/cluster/fargateCluster.ts";
import { loggingConfig } from "../../../components/cluster/fargateLogging.ts";
import { CLUSTER_ARGS, CONTROL_PLANE, mockedCluster, NETWORK } from "../../mocks/cluster.ts";
import { at, mockPulumi, valueOf } from "../../mocks/mocks.ts";

/** An add-on that is not made; the rest are defaults of the SDK. */
const OFF = {
  enabled: false,
  resolveConflictsOnCreate: "OVERWRITE",
  resolveConflictsOnUpdate: "OVERWRITE",
};

const RESTRICTED = { "pod-security.kubernetes.io/enforce": "restricted" };

describe("FargateCluster", () => {
  it("creates the minimum that runs and logs; what is inside eks.Cluster a mock cannot show", async () => {
    const { recorder } = await mockedCluster();
    deepEqual(recorder.counts(), {
      "aws:Addon": 3,
      "aws:FargateProfile": 2,
      "aws:LogGroup": 1,
      "aws:Role": 1,
      "aws:RolePolicy": 1,
      "aws:RolePolicyAttachment": 1,
      "eks:index:Cluster": 1,
      "kubernetes:ConfigMap": 1,
      "kubernetes:Namespace": 1,
      "pulumi:providers:kubernetes": 1,
      "sockjs-sticky:FargateCluster": 1,
      "sockjs-sticky:PodExecutionRole": 1,
    });
  });

  it("is the parent of everything but its role's children", async () => {
    const { recorder } = await mockedCluster({
      controlPlane: {
        ...CONTROL_PLANE,
        admins: ["arn:aws:iam::111122223333:user/ada"],
        secretsEncryption: true,
        logTypes: ["api"],
      },
    });
    const role = "apps-fargate-pods";
    deepEqual(recorder.strangersTo("sockjs-sticky:FargateCluster", "apps").toSorted(), [
      `aws:Role ${role}`,
      `aws:RolePolicy ${role}-logs`,
      `aws:RolePolicyAttachment ${role}`,
    ]);
  });

  it("asks EKS for a cluster without anything for nodes", async () => {
    const { inputs } = await mockedCluster();
    deepEqual(inputs, {
      name: "apps",
      version: "1.35",
      upgradePolicy: { supportType: "STANDARD" },
      vpcId: "vpc-1",
      privateSubnetIds: ["subnet-private-1", "subnet-private-2"],
      publicSubnetIds: ["subnet-public-1", "subnet-public-2"],
      endpointPrivateAccess: true,
      endpointPublicAccess: true,
      publicAccessCidrs: ["198.51.100.0/24"],
      authenticationMode: "API",
      createOidcProvider: true,
      deletionProtection: false,
      enabledClusterLogTypes: [],
      skipDefaultNodeGroup: true,
      skipDefaultSecurityGroups: true,
      useDefaultVpcCni: true,
      bootstrapSelfManagedAddons: false,
      kubeProxyAddonOptions: OFF,
      corednsAddonOptions: OFF,
    });
  });

  it("gives the pods' role the one log group, and trust for this cluster", async () => {
    const { recorder } = await mockedCluster();
    const policy: unknown = JSON.parse(String(recorder.one("aws:RolePolicy").inputs.policy));
    const group = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/eks/apps/fargate";
    deepEqual(at(policy, "Statement", 0, "Resource"), [group, `${group}:*`]);
    const trust: unknown = JSON.parse(String(recorder.one("aws:Role").inputs.assumeRolePolicy));
    deepEqual(at(trust, "Statement", 0, "Condition", "ArnLike"), {
      "aws:SourceArn": "arn:aws:eks:us-east-1:111122223333:fargateprofile/apps/*",
    });
  });

  it("encrypts Secrets with its own key only if configured", async () => {
    equal((await mockedCluster()).recorder.counts()["aws:Key"], undefined);
    const { recorder, inputs } = await mockedCluster({
      controlPlane: { ...CONTROL_PLANE, secretsEncryption: true },
    });
    deepEqual(recorder.one("aws:Key", "apps-secrets").inputs, {
      description: "Kubernetes Secrets of apps",
      enableKeyRotation: true,
    });
    equal(inputs.encryptionConfigKeyArn, "arn:aws:kms:us-east-1:111122223333:key/apps-secrets");
  });

  it("creates the control plane's log group before the cluster, if its logs are kept", async () => {
    const { recorder, inputs } = await mockedCluster({
      controlPlane: { ...CONTROL_PLANE, logTypes: ["api", "audit"] },
    });
    deepEqual(inputs.enabledClusterLogTypes, ["api", "audit"]);
    equal(recorder.all("aws:LogGroup").length, 2);
    deepEqual(recorder.one("aws:LogGroup", "apps-cluster-logs").inputs, {
      name: "/aws/eks/apps/cluster",
      retentionInDays: 14,
    });
    const cluster = recorder.one("eks:index:Cluster");
    deepEqual(recorder.directlyAfter(cluster, "aws:LogGroup"), ["apps-cluster-logs"]);
  });

  it("keeps the pods' logs for the configured time", async () => {
    const { recorder } = await mockedCluster({ logRetentionDays: 365 });
    deepEqual(recorder.one("aws:LogGroup").inputs, {
      name: "/aws/eks/apps/fargate",
      retentionInDays: 365,
    });
  });

  for (const partition of ["aws", "aws-us-gov", "aws-cn"]) {
    it(`lets each named admin administer the cluster, in ${partition}`, async () => {
      const admins = [
        `arn:${partition}:iam::111122223333:role/ops`,
        `arn:${partition}:iam::444455556666:role/ops`,
        `arn:${partition}:iam::111122223333:user/ada`,
      ];
      const { recorder } = await mockedCluster(
        { controlPlane: { ...CONTROL_PLANE, admins } },
        { partition },
      );
      deepEqual(
        recorder.all("aws:AccessEntry").map(({ inputs }) => inputs),
        admins.map((principalArn) => ({ clusterName: "apps", principalArn })),
      );
      deepEqual(
        recorder.all("aws:AccessPolicyAssociation").map(({ inputs }) => inputs),
        admins.map((principalArn) => ({
          clusterName: "apps",
          principalArn,
          policyArn: `arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
          accessScope: { type: "cluster" },
        })),
      );
    });
  }

  it("passes version and deletion protection on", async () => {
    const { inputs } = await mockedCluster({
      controlPlane: { ...CONTROL_PLANE, kubernetesVersion: "1.36" },
      deletionProtection: true,
    });
    equal(inputs.version, "1.36");
    equal(inputs.deletionProtection, true);
  });

  it("configures the log router with its own provider", async () => {
    const { recorder } = await mockedCluster({
      network: { ...NETWORK, region: "eu-west-3" },
    });
    const labels = { "aws-observability": "enabled", ...RESTRICTED };
    const metadataOf = recorder.one("kubernetes:Namespace").inputs.metadata;
    deepEqual(metadataOf, { name: "aws-observability", labels });
    const { metadata, data } = recorder.one("kubernetes:ConfigMap").inputs;
    deepEqual(metadata, { name: "aws-logging", namespace: "aws-observability" });
    deepEqual(data, loggingConfig("eu-west-3", "/aws/eks/apps/fargate"));
    const { urn } = recorder.one("pulumi:providers:kubernetes");
    for (const type of ["kubernetes:Namespace", "kubernetes:ConfigMap"]) {
      equal(recorder.one(type).provider, `${urn}::apps-id`);
    }
  });

  it("protects what lives as long as the cluster, and nothing that a setting removes", async () => {
    const recorder = await mockPulumi();
    const admins = ["arn:aws:iam::111122223333:user/ada"];
    const controlPlane = { ...CONTROL_PLANE, admins, logTypes: ["api"] };
    const changes: Partial<FargateClusterArgs> = { controlPlane, metricsServer: true };
    new FargateCluster("apps", { ...CLUSTER_ARGS, ...changes }, { protect: true });
    await recorder.settle();
    const free = recorder.made.filter(({ protect }) => !protect);
    deepEqual(free.map(({ name }) => name).toSorted(), [
      "apps-111122223333:user/ada",
      "apps-111122223333:user/ada",
      "apps-cluster-logs",
      "apps-metrics-server",
    ]);
  });

  it("lets admins reach the cluster for as long as its objects exist", async () => {
    const admins = ["arn:aws:iam::111122223333:user/ada"];
    const { recorder } = await mockedCluster({ controlPlane: { ...CONTROL_PLANE, admins } });
    const provider = recorder.one("pulumi:providers:kubernetes");
    deepEqual(recorder.directlyAfter(provider, "aws:AccessPolicyAssociation"), [
      "apps-111122223333:user/ada",
    ]);
  });

  it("admits blocks to its private endpoint for as long as its objects exist, and never protects that", async () => {
    const recorder = await mockPulumi();
    const controlPlane = { ...CONTROL_PLANE, privateAccessCidrs: ["10.8.0.0/16"] };
    new FargateCluster("apps", { ...CLUSTER_ARGS, controlPlane }, { protect: true });
    await recorder.settle();
    const rule = recorder.one("aws:SecurityGroupIngressRule");
    deepEqual(rule.inputs, {
      securityGroupId: "sg-of-eks-apps",
      cidrIpv4: "10.8.0.0/16",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      description: "Kubernetes API",
    });
    equal(rule.protect, false);
    ok(recorder.isAfter(recorder.one("pulumi:providers:kubernetes"), rule));
  });

  it("can have no public endpoint", async () => {
    const controlPlane = { ...CONTROL_PLANE, endpointPublicAccess: false };
    const { inputs } = await mockedCluster({ controlPlane });
    deepEqual(
      [inputs.endpointPublicAccess, inputs.endpointPrivateAccess, inputs.publicAccessCidrs],
      [false, true, undefined],
    );
  });

  it("gives pods a role that may write logs before they start", async () => {
    const { recorder } = await mockedCluster();
    for (const profile of recorder.all("aws:FargateProfile")) {
      deepEqual(recorder.directlyAfter(profile, "aws:RolePolicy"), ["apps-fargate-pods-logs"]);
    }
  });

  it("outputs the pods' security group, and the OIDC provider and issuer", async () => {
    const { cluster } = await mockedCluster();
    const issuer = "oidc.eks.us-east-1.amazonaws.com/id/apps";
    equal(cluster.name, "apps");
    equal(await valueOf(cluster.podSecurityGroupId), "sg-of-eks-apps");
    equal(await valueOf(cluster.oidcIssuer), issuer);
    equal(
      await valueOf(cluster.oidcProviderArn),
      `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
    );
  });

  it("keeps the kubeconfig secret and connects its provider by it", async () => {
    const { recorder, cluster } = await mockedCluster();
    equal(await pulumi.isSecret(cluster.kubeconfig), true);
    equal(await valueOf(cluster.kubeconfig), '{"clusterOf":"apps"}');
    const { inputs } = recorder.one("pulumi:providers:kubernetes");
    equal(at(inputs, "kubeconfig", "value"), '{"clusterOf":"apps"}');
  });

  it("can be created twice in one program, with each one's objects in its own cluster", async () => {
    const recorder = await mockPulumi();
    const controlPlane = { ...CONTROL_PLANE, logTypes: ["api"], secretsEncryption: true };
    const changes: Partial<FargateClusterArgs> = { controlPlane, metricsServer: true };
    new FargateCluster("one", { ...CLUSTER_ARGS, ...changes });
    const { kubernetes } = new FargateCluster("two", { ...CLUSTER_ARGS, ...changes });
    new k8s.core.v1.Namespace("chat", {}, { provider: kubernetes });
    await recorder.settle();
    const groups = recorder.all("aws:LogGroup").map(({ inputs }) => inputs.name);
    equal(new Set(groups).size, 4);
    equal(recorder.all("aws:Addon").length, 8);
    const chat = recorder.one("kubernetes:Namespace", "chat");
    equal(recorder.isAfter(chat, recorder.one("eks:index:Cluster", "two")), true);
    equal(recorder.isAfter(chat, recorder.one("eks:index:Cluster", "one")), false);
  });
});
