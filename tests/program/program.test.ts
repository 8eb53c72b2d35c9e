import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { copyContext } from "../../components/image/buildContext.ts";
import { digestOf } from "../mocks/mockCloud.ts";
import { at, mockPulumi, valueOf, type Made, type Recorder } from "../mocks/mocks.ts";
import { evaluateProgram, runProgram } from "../mocks/program.ts";
import { configure, STACKS } from "../mocks/stackConfig.ts";

/** What every stack has, of a ready-made image; children of remote components a mock cannot show. */
const READY_MADE = {
  "aws:Addon": 3,
  "aws:FargateProfile": 2,
  "aws:Instance": 1,
  "aws:LogGroup": 1,
  "aws:ParameterGroup": 1,
  "aws:Role": 2,
  "aws:RolePolicy": 3,
  "aws:RolePolicyAttachment": 1,
  "aws:SecurityGroup": 1,
  "aws:SecurityGroupIngressRule": 1,
  "aws:SubnetGroup": 1,
  "aws:VpcEndpoint": 1,
  "awsx:ec2:Vpc": 1,
  "eks:index:Cluster": 1,
  "kubernetes:ConfigMap": 1,
  "kubernetes:Deployment": 3,
  "kubernetes:Ingress": 2,
  "kubernetes:Namespace": 4,
  "kubernetes:PodDisruptionBudget": 3,
  "kubernetes:Release": 1,
  "kubernetes:Secret": 2,
  "kubernetes:Service": 3,
  "kubernetes:ServiceAccount": 3,
  "pulumi:providers:aws": 1,
  "pulumi:providers:kubernetes": 1,
  "random:index/randomPassword:RandomPassword": 1,
  "sockjs-sticky:Database": 1,
  "sockjs-sticky:FargateCluster": 1,
  "sockjs-sticky:LoadBalancerController": 1,
  "sockjs-sticky:PodExecutionRole": 1,
  "sockjs-sticky:StickyApp": 3,
  "sockjs-sticky:StickyIngress": 2,
  "sockjs-sticky:StickyService": 1,
  "sockjs-sticky:Vpc": 1,
  "sockjs-sticky:Workload": 3,
};

/** With an image of its own; the registry and the documents by cookie. */
const DEV = {
  ...READY_MADE,
  "awsx:ecr:Repository": 1,
  "docker-build:index:Image": 1,
  "sockjs-sticky:AppImage": 1,
};

/** As prod, with autoscalers, control-plane logs and a key for Secrets; the registry and the documents by key. */
const STAGING: Partial<Record<string, number>> = {
  ...DEV,
  "aws:Addon": 4,
  "aws:Key": 1,
  "aws:LogGroup": 2,
  "aws:RolePolicy": 2,
  "kubernetes:ConfigMap": 3,
  "kubernetes:HorizontalPodAutoscaler": 3,
  "kubernetes:PodDisruptionBudget": 5,
  "kubernetes:Service": 5,
  "kubernetes:ServiceAccount": 5,
  "kubernetes:StatefulSet": 2,
  "sockjs-sticky:KeyRouter": 2,
  "sockjs-sticky:StickyService": 3,
};
delete STAGING["kubernetes:Ingress"];
delete STAGING["sockjs-sticky:StickyIngress"];

/** Its database leaves a snapshot. */
const PROD = { ...STAGING, "random:index/randomId:RandomId": 1 };

const EXPECTED = { dev: DEV, staging: STAGING, prod: PROD };

/** The stacks' load balancers of HTTP, as the mocked cloud names them. */
const HTTP_URLS = {
  dev: { company: "http://k8s-company.alb.example", document: "http://k8s-document.alb.example" },
  staging: {
    company: "http://k8s-company-router.elb.example",
    document: "http://k8s-document-router.elb.example",
  },
  prod: {
    company: "http://k8s-company-router.elb.example",
    document: "http://k8s-document-router.elb.example",
  },
};

const sorted = (counts: Partial<Record<string, number>>): [string, number | undefined][] =>
  Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** The component at the top under which something is. */
function topOf(recorder: Recorder, made: Made): Made {
  const parent = recorder.made.find(({ urn }) => urn === made.parent);
  return parent === undefined ? made : topOf(recorder, parent);
}

/** As the engine, and no mock, hands it down to components, remote ones included. */
function awsProviderOf(recorder: Recorder, component: Made): string | undefined {
  const parent = recorder.made.find(({ urn }) => urn === component.parent);
  const inherited = parent === undefined ? undefined : awsProviderOf(recorder, parent);
  return component.providers.aws ?? inherited;
}

describe("program", () => {
  for (const stack of STACKS) {
    it(`creates exactly these resources in stack ${stack}`, async () => {
      const { recorder } = await runProgram(stack);
      deepEqual(sorted(recorder.counts()), sorted(EXPECTED[stack]));
    });

    it(`shows all of them in the first preview of stack ${stack}, before AWS has returned anything`, async () => {
      const { recorder } = await runProgram(stack, {}, { preview: true });
      deepEqual(sorted(recorder.counts()), sorted(EXPECTED[stack]));
    });

    it(`exports in stack ${stack} what a person needs`, async () => {
      const { program } = await runProgram(stack);
      const name = `sockjs-sticky-${stack}`;
      deepEqual(Object.keys(program).toSorted(), [
        "clusterName",
        "guardedSettings",
        "kubeconfig",
        "repositoryUrl",
        "updateKubeconfigCommand",
        "url",
        "urls",
        "vpcId",
      ]);
      equal(await valueOf(program.url), "http://k8s-echo.elb.example");
      deepEqual(await valueOf(program.urls), {
        echo: "http://k8s-echo.elb.example",
        ...HTTP_URLS[stack],
      });
      equal(program.clusterName, name);
      equal(await valueOf(program.kubeconfig), JSON.stringify({ clusterOf: name }));
      equal(await pulumi.isSecret(program.kubeconfig), true);
      equal(
        await valueOf(program.repositoryUrl),
        `111122223333.dkr.ecr.us-east-1.amazonaws.com/${name}`,
      );
      equal(await valueOf(program.vpcId), `${name}-vpc-id`);
      equal(
        program.updateKubeconfigCommand,
        `aws eks update-kubeconfig --name ${name} --region us-east-1`,
      );
    });

    it(`uses one AWS provider and one Kubernetes provider for everything in stack ${stack}`, async () => {
      const { recorder } = await runProgram(stack);
      const aws = `${recorder.one("pulumi:providers:aws").urn}::sockjs-sticky-${stack}-id`;
      const kubernetes = `${recorder.one("pulumi:providers:kubernetes").urn}::sockjs-sticky-${stack}-id`;
      for (const { type, name, provider } of recorder.made.filter(({ isCustom }) => isCustom)) {
        const [pkg = ""] = type.split(":");
        // Random values come from no account and no cluster, and Docker has its login with each image.
        const expected = { aws, kubernetes, pulumi: "", random: "", "docker-build": "" }[pkg];
        equal(provider, expected, `${type} ${name}`);
      }
      for (const component of recorder.made.filter(({ isCustom }) => !isCustom)) {
        equal(awsProviderOf(recorder, component), aws, component.urn);
      }
      ok(recorder.calls.length > 0);
      deepEqual(new Set(recorder.calls.map(({ provider }) => provider)), new Set([aws]));
    });
  }

  it("tags everything that AWS or the controller creates, in the region of the stack", async () => {
    const { recorder } = await runProgram("prod", { "aws:region": "eu-west-3" });
    const tags = { project: "sockjs-sticky", stack: "prod", "managed-by": "pulumi" };
    const { inputs } = recorder.one("pulumi:providers:aws");
    equal(inputs.region, "eu-west-3");
    deepEqual(JSON.parse(String(inputs.defaultTags)), { tags });
    const { values } = recorder.one("kubernetes:Release").inputs;
    deepEqual(at(values, "defaultTags"), tags);
    equal(at(values, "region"), "eu-west-3");
    match(String(recorder.one("aws:VpcEndpoint").inputs.serviceName), /\.eu-west-3\.s3$/);
    const { data } = recorder.one("kubernetes:ConfigMap", "sockjs-sticky-prod-logging").inputs;
    match(String(at(data, "output.conf")), /region eu-west-3\n/);
  });

  it("protects VPC, cluster and database with everything that they need, and nothing else, in prod", async () => {
    const { recorder } = await runProgram("prod");
    const guarded = ["Vpc", "FargateCluster", "Database"].map(
      (component) => `sockjs-sticky:index:${component}`,
    );
    const different = recorder.made.filter(
      (each) => each.protect !== guarded.includes(topOf(recorder, each).type),
    );
    // These go, or are replaced, when a setting says so.
    deepEqual(different.map(({ type, name }) => `${type.replace(/.*:/, "")} ${name}`).toSorted(), [
      "Addon sockjs-sticky-prod-metrics-server",
      "LogGroup sockjs-sticky-prod-cluster-logs",
      "ParameterGroup sockjs-sticky-prod",
      "RandomId sockjs-sticky-prod-final-snapshot",
    ]);
    equal(recorder.one("aws:Instance").inputs.deletionProtection, true);
    equal(recorder.one("eks:index:Cluster").inputs.deletionProtection, true);
    equal(recorder.one("awsx:ecr:Repository").inputs.forceDelete, false);
  });

  for (const [stack, changes] of [
    ["dev", {}],
    ["staging", {}],
    ["prod", { deletionProtection: false }],
  ] as const) {
    it(`protects nothing in ${stack} ${JSON.stringify(changes)}, so that destroy deletes everything`, async () => {
      const { recorder } = await runProgram(stack, changes);
      deepEqual(
        recorder.made.filter(({ protect }) => protect),
        [],
      );
      equal(recorder.one("eks:index:Cluster").inputs.deletionProtection, false);
      equal(recorder.one("aws:Instance").inputs.deletionProtection, false);
      equal(recorder.one("awsx:ecr:Repository").inputs.forceDelete, true);
    });
  }

  it("runs the image that it built, by digest", async () => {
    const { recorder } = await runProgram("dev");
    const image = recorder.one("docker-build:index:Image");
    const { location } = copyContext("app");
    deepEqual(image.inputs.context, { location });
    for (const { inputs: each } of recorder.all("kubernetes:Deployment")) {
      equal(
        at(each, "spec", "template", "spec", "containers", 0, "image"),
        `111122223333.dkr.ecr.us-east-1.amazonaws.com/sockjs-sticky-dev@${digestOf(image.name)}`,
      );
    }
  });

  it("keeps the repository of built images, and builds nothing, while another image runs", async () => {
    const image = `111122223333.dkr.ecr.us-east-1.amazonaws.com/sockjs-sticky-dev@sha256:${"a".repeat(64)}`;
    const { program: before } = await runProgram("dev");
    const lastUp = { ...before.guardedSettings };
    const { recorder, program } = await runProgram("dev", { image }, { lastUp });
    equal(recorder.all("awsx:ecr:Repository").length, 1);
    deepEqual(recorder.all("docker-build:index:Image"), []);
    deepEqual(program.guardedSettings, before.guardedSettings);
    const images = recorder
      .all("kubernetes:Deployment")
      .map(({ inputs }) => at(inputs, "spec", "template", "spec", "containers", 0, "image"));
    deepEqual(images, Array(3).fill(image));
  });

  it("adopts the image that an earlier version named by its tag", async () => {
    const parents = "sockjs-sticky:index:AppImage$awsx:ecr:Image";
    const former = `urn:pulumi:dev::sockjs-sticky::${parents}$docker-build:index:Image::0123-4567`;
    const urns = [former, "urn:pulumi:dev::sockjs-sticky::aws:ec2/vpc:Vpc::a"];
    const { recorder } = await runProgram("dev", {}, { lastUp: { zones: 2 }, urns });
    deepEqual(recorder.one("docker-build:index:Image").aliases, [former]);
  });

  it("needs neither ECR nor Docker for an existing image", async () => {
    const { recorder, program } = await runProgram("dev", { image: "registry.example/echo:1.0" });
    deepEqual(sorted(recorder.counts()), sorted(READY_MADE));
    equal(program.repositoryUrl, null);
    const images = recorder
      .all("kubernetes:Deployment")
      .map(({ inputs }) => at(inputs, "spec", "template", "spec", "containers", 0, "image"));
    deepEqual(images, Array(3).fill("registry.example/echo:1.0"));
  });

  it("has neither a database nor permissions for Application Load Balancers if no workload needs them", async () => {
    const { recorder } = await runProgram("dev", { workloads: [{ app: "echo" }] });
    deepEqual(recorder.all("sockjs-sticky:Database"), []);
    deepEqual(recorder.all("kubernetes:Secret"), []);
    deepEqual(
      recorder
        .all("aws:RolePolicy")
        .map(({ name }) => name)
        .toSorted(),
      ["sockjs-sticky-dev", "sockjs-sticky-dev-fargate-pods-logs"],
    );
    deepEqual(
      recorder
        .all("kubernetes:Namespace")
        .map(({ name }) => name)
        .toSorted(),
      ["echo", "sockjs-sticky-dev-logging"],
    );
  });

  it("creates nothing if a setting is wrong or the region has too few zones", async () => {
    const recorder = await mockPulumi({ stack: "dev", zones: ["us-east-1a"] });
    configure("dev", { zones: 1 });
    await rejects(evaluateProgram(), { message: /^sockjs-sticky:zones is "1"; / });
    deepEqual(recorder.made, []);
    configure("dev");
    await rejects(evaluateProgram(), { message: /^zones is 2; .* us-east-1 has 1 zones with EKS/ });
    deepEqual((await recorder.settle()).counts(), { "pulumi:providers:aws": 1 });
  });
});
