import { deepEqual, equal, ok } from "node:assert/strict";
import {
  LoadBalancerController,
  type LoadBalancerControllerArgs,
} from "../../../components/cluster/loadBalancerController.ts";
import {
  controllerPolicy,
  ingressPolicy,
} from "../../../components/cluster/loadBalancerControllerPolicy.ts";
import { CLUSTER, NETWORK } from "../../mocks/cluster.ts";
import { at, mockPulumi, type MockOptions } from "../../mocks/mocks.ts";

const { oidcIssuer: ISSUER, oidcProviderArn: PROVIDER } = CLUSTER;

const ARGS: LoadBalancerControllerArgs = {
  network: NETWORK,
  cluster: CLUSTER,
  chart: { location: "https://aws.github.io/eks-charts", version: "3.5.0" },
  ingresses: false,
  defaultTags: { project: "sockjs-sticky", stack: "test" },
};

async function mockedController(
  changes: Partial<LoadBalancerControllerArgs> = {},
  options: MockOptions = {},
) {
  const recorder = await mockPulumi(options);
  new LoadBalancerController("apps", { ...ARGS, ...changes });
  await recorder.settle();
  return { recorder, release: recorder.one("kubernetes:Release") };
}

describe("LoadBalancerController", () => {
  it("creates a role, its one policy and a release as its children", async () => {
    const { recorder } = await mockedController();
    deepEqual(recorder.counts(), {
      "aws:Role": 1,
      "aws:RolePolicy": 1,
      "kubernetes:Release": 1,
      "sockjs-sticky:LoadBalancerController": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:LoadBalancerController", "apps"), []);
  });

  it("has a role that only one service account of this cluster may assume", async () => {
    const { recorder } = await mockedController();
    const { inputs } = recorder.one("aws:Role");
    deepEqual(Object.keys(inputs).toSorted(), ["assumeRolePolicy", "description"]);
    deepEqual(JSON.parse(String(inputs.assumeRolePolicy)), {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: PROVIDER },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              [`${ISSUER}:aud`]: "sts.amazonaws.com",
              [`${ISSUER}:sub`]: "system:serviceaccount:kube-system:aws-load-balancer-controller",
            },
          },
        },
      ],
    });
  });

  for (const { partition, region } of [
    { partition: "aws", region: "us-east-1" },
    { partition: "aws-us-gov", region: "us-gov-west-1" },
    { partition: "aws-cn", region: "cn-north-1" },
  ]) {
    it(`has the least privileges for this cluster, VPC, pods and account in ${partition}`, async () => {
      const { recorder } = await mockedController(
        { network: { ...NETWORK, region } },
        { partition, region },
      );
      const { role, policy } = recorder.one("aws:RolePolicy").inputs;
      equal(role, "apps-1234567");
      const scope = { accountId: "111122223333", clusterName: "apps", vpcId: "vpc-1" };
      deepEqual(
        JSON.parse(String(policy)),
        controllerPolicy({ ...scope, partition, region, podSecurityGroupId: "sg-pods" }),
      );
      ok(String(policy).length <= 10_240);
    });
  }

  it("has a second policy for Ingresses, which is deleted after them", async () => {
    const { recorder, release } = await mockedController({ ingresses: true });
    const scope = { partition: "aws", region: "us-east-1", accountId: "111122223333" };
    const cluster = { clusterName: "apps", vpcId: "vpc-1", podSecurityGroupId: "sg-pods" };
    for (const [name, document] of [
      ["apps", controllerPolicy({ ...scope, ...cluster })],
      ["apps-ingresses", ingressPolicy({ ...scope, ...cluster })],
    ] as const) {
      const { role, policy } = recorder.one("aws:RolePolicy", name).inputs;
      equal(role, "apps-1234567");
      deepEqual(JSON.parse(String(policy)), document);
    }
    equal(recorder.all("aws:RolePolicy").length, 2);
    deepEqual(recorder.strangersTo("sockjs-sticky:LoadBalancerController", "apps"), []);
    deepEqual(recorder.directlyAfter(release, "aws:RolePolicy"), ["apps", "apps-ingresses"]);
  });

  it("enables AWS WAF if there are Ingresses, and changes nothing else", async () => {
    const { release } = await mockedController();
    const withIngresses = await mockedController({ ingresses: true });
    deepEqual(withIngresses.release.inputs.values, {
      ...(release.inputs.values as object),
      enableWafv2: true,
    });
  });

  it("installs the pinned chart from its repository and waits for it", async () => {
    const { release } = await mockedController();
    const { values, compat } = release.inputs;
    deepEqual(release.inputs, {
      values,
      compat,
      name: "aws-load-balancer-controller",
      namespace: "kube-system",
      chart: "aws-load-balancer-controller",
      version: "3.5.0",
      repositoryOpts: { repo: "https://aws.github.io/eks-charts" },
      timeout: 600,
    });
    deepEqual(release.timeouts, { create: "600s", update: "600s", delete: "" });
  });

  it("installs the pinned chart from another registry", async () => {
    const location = "oci://registry.example/charts/aws-load-balancer-controller";
    const chart = { location, version: "3.5.0" };
    const { inputs } = (await mockedController({ chart })).release;
    equal(inputs.chart, location);
    equal(inputs.version, "3.5.0");
    equal(inputs.repositoryOpts, undefined);
  });

  it("installs the chart of a local folder, without a version", async () => {
    const chart = { location: "./charts/controller", version: "3.5.0" };
    const { inputs } = (await mockedController({ chart })).release;
    equal(inputs.chart, "./charts/controller");
    equal(inputs.version, undefined);
    equal(inputs.repositoryOpts, undefined);
  });

  it("changes only these values of the chart; the rendering itself a mock cannot show", async () => {
    const { release } = await mockedController();
    const resources = { cpu: "250m", memory: "256Mi" };
    deepEqual(release.inputs.values, {
      clusterName: "apps",
      region: "us-east-1",
      vpcId: "vpc-1",
      serviceAccount: {
        create: true,
        name: "aws-load-balancer-controller",
        annotations: {
          "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/apps-1234567",
        },
      },
      replicaCount: 2,
      podDisruptionBudget: { maxUnavailable: 1 },
      resources: { requests: resources, limits: resources },
      defaultTags: { project: "sockjs-sticky", stack: "test" },
      keepTLSSecret: true,
      enableServiceMutatorWebhook: false,
      enableShield: false,
      enableWaf: false,
      enableWafv2: false,
    });
  });

  it("has its policies from before it starts until it is deleted", async () => {
    const { recorder, release } = await mockedController();
    deepEqual(recorder.directlyAfter(release, "aws:RolePolicy"), ["apps"]);
    equal(recorder.isAfter(recorder.one("aws:RolePolicy"), release), false);
  });

  it("can be created twice, in two clusters", async () => {
    const recorder = await mockPulumi();
    new LoadBalancerController("one", { ...ARGS, cluster: { ...CLUSTER, name: "one" } });
    new LoadBalancerController("two", { ...ARGS, cluster: { ...CLUSTER, name: "two" } });
    await recorder.settle();
    equal(recorder.all("aws:Role").length, 2);
    equal(recorder.one("aws:RolePolicy", "two").inputs.role, "two-1234567");
    const { inputs } = recorder.one("kubernetes:Release", "two");
    equal(at(inputs, "values", "clusterName"), "two");
  });
});
