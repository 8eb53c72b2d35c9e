import { deepEqual, equal, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { at, valueOf } from "./support/mocks.ts";
import { runProgram } from "./support/program.ts";

describe("program's wiring", () => {
  it("makes everything in an order whose reverse leaves nothing behind", async () => {
    const { recorder } = await runProgram("prod");
    const order = [
      recorder.one("aws:VpcEndpoint"),
      recorder.one("eks:index:Cluster"),
      recorder.one("aws:FargateProfile", "sockjs-sticky-prod-echo"),
      recorder.one("kubernetes:ConfigMap"),
      recorder.one("aws:Addon", "sockjs-sticky-prod-coredns"),
      recorder.one("aws:Addon", "sockjs-sticky-prod-metrics-server"),
      recorder.one("kubernetes:Release"),
      recorder.one("kubernetes:Namespace", "echo"),
      recorder.one("kubernetes:Service"),
      recorder.one("kubernetes:Deployment"),
      recorder.one("kubernetes:HorizontalPodAutoscaler"),
    ];
    for (const [index, later] of order.entries()) {
      for (const earlier of order.slice(0, index)) {
        ok(recorder.isAfter(later, earlier), `${later.urn} is not after ${earlier.urn}`);
        ok(!recorder.isAfter(earlier, later), `${earlier.urn} is after ${later.urn}`);
      }
    }
  });

  it("makes the ways out of the VPC before the cluster whose pods need them", async () => {
    const { recorder } = await runProgram("prod");
    const cluster = recorder.one("sockjs-sticky:FargateCluster");
    equal(recorder.directlyAfter(cluster, "aws:Route").length, 6);
    equal(recorder.directlyAfter(cluster, "aws:RouteTableAssociation").length, 6);
    deepEqual(recorder.directlyAfter(cluster, "aws:VpcEndpoint"), ["sockjs-sticky-prod-s3"]);
  });

  it("gives the cluster its VPC, pods the private subnets, and the controller their group", async () => {
    const { recorder } = await runProgram("dev");
    const name = "sockjs-sticky-dev";
    const privateSubnets = [`${name}-private-1`, `${name}-private-2`];
    const { inputs } = recorder.one("eks:index:Cluster");
    equal(inputs.vpcId, `${name}-vpc-id`);
    deepEqual(inputs.privateSubnetIds, privateSubnets);
    deepEqual(inputs.publicSubnetIds, [`${name}-public-1`, `${name}-public-2`]);
    for (const profile of recorder.all("aws:FargateProfile")) {
      deepEqual(profile.inputs.subnetIds, privateSubnets);
    }
    const policy = String(recorder.one("aws:RolePolicy", name).inputs.policy);
    ok(policy.includes(`security-group/sg-of-eks-${name}"`));
    ok(policy.includes(`vpc/${name}-vpc-id"`));
    const trust = String(recorder.one("aws:Role", name).inputs.assumeRolePolicy);
    ok(trust.includes(`"oidc.eks.us-east-1.amazonaws.com/id/${name}:sub"`));
    ok(trust.includes(`:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/${name}"`));
    equal(at(recorder.one("kubernetes:Release").inputs, "values", "clusterName"), name);
    equal(at(recorder.one("kubernetes:Release").inputs, "values", "vpcId"), `${name}-vpc-id`);
  });

  it("has the Service select the pods, and both ask the same path for readiness", async () => {
    const { recorder } = await runProgram("dev");
    const { metadata, spec } = recorder.one("kubernetes:Service").inputs;
    const template = at(recorder.one("kubernetes:Deployment").inputs, "spec", "template");
    deepEqual(at(spec, "selector"), at(template, "metadata", "labels"));
    deepEqual(at(spec, "selector"), { "app.kubernetes.io/name": "echo" });
    const container = at(template, "spec", "containers", 0);
    equal(at(spec, "ports", 0, "targetPort"), at(container, "ports", 0, "name"));
    const path = "service.beta.kubernetes.io/aws-load-balancer-healthcheck-path";
    equal(at(metadata, "annotations", path), "/readyz");
    equal(at(container, "readinessProbe", "httpGet", "path"), "/readyz");
    const profile = recorder.one("aws:FargateProfile", "sockjs-sticky-dev-echo");
    deepEqual(profile.inputs.selectors, [{ namespace: "echo" }]);
    for (const type of ["Deployment", "PodDisruptionBudget", "ServiceAccount"]) {
      equal(at(recorder.one(`kubernetes:${type}`).inputs, "metadata", "namespace"), "echo", type);
    }
  });

  for (const [stack, zones, nat, replicas, limits] of [
    ["dev", 2, "Single", { replicas: 3 }, { cpu: "250m", memory: "256Mi" }],
    ["staging", 3, "Single", { min: 2, max: 4 }, { cpu: "250m", memory: "768Mi" }],
    ["prod", 3, "OnePerAz", { min: 6, max: 24 }, { cpu: "500m", memory: "768Mi" }],
  ] as const) {
    it(`sizes stack ${stack} as its file says`, async () => {
      const { recorder } = await runProgram(stack);
      const { inputs } = recorder.one("awsx:ec2:Vpc");
      equal((inputs.availabilityZoneNames as string[]).length, zones);
      deepEqual(inputs.natGateways, { strategy: nat });
      const { spec } = recorder.one("kubernetes:Deployment").inputs;
      const [autoscaler] = recorder.all("kubernetes:HorizontalPodAutoscaler");
      const { minReplicas: min, maxReplicas: max } = (autoscaler?.inputs.spec ?? {}) as Record<
        string,
        number
      >;
      const number = autoscaler === undefined ? { replicas: at(spec, "replicas") } : { min, max };
      deepEqual(number, replicas);
      deepEqual(at(spec, "template", "spec", "containers", 0, "resources", "limits"), limits);
    });
  }

  it("exports the URL of the echo app as one that its pods answer", async () => {
    const { recorder, program } = await runProgram("dev");
    new k8s.core.v1.ConfigMap("reader", { data: { url: program.url } });
    await recorder.settle();
    const reader = recorder.one("kubernetes:ConfigMap", "reader");
    ok(recorder.isAfter(reader, recorder.one("kubernetes:Deployment")));
  });

  it("probes pods and targets by TLS when told to", async () => {
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
    const tls = { targetProtocol: "tls", affinity: "none", certificateArn };
    const { recorder } = await runProgram("dev", tls);
    const { metadata } = recorder.one("kubernetes:Service").inputs;
    const protocol = "service.beta.kubernetes.io/aws-load-balancer-backend-protocol";
    equal(at(metadata, "annotations", protocol), "ssl");
    const { spec } = recorder.one("kubernetes:Deployment").inputs;
    const path = ["template", "spec", "containers", 0, "livenessProbe", "httpGet", "scheme"];
    equal(at(spec, ...path), "HTTPS");
  });

  it("hands the load balancer's settings through", async () => {
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
    const dns = { dnsName: "echo.example.com", hostedZoneId: "Z0123456789ABC" };
    const sourceRanges = ["198.51.100.0/24"];
    const { recorder, program } = await runProgram("dev", { certificateArn, sourceRanges, ...dns });
    const { metadata, spec } = recorder.one("kubernetes:Service").inputs;
    const certificate = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert";
    equal(at(metadata, "annotations", certificate), certificateArn);
    deepEqual(at(spec, "loadBalancerSourceRanges"), sourceRanges);
    equal(recorder.one("aws:Record").inputs.zoneId, "Z0123456789ABC");
    equal(await valueOf(program.url), "https://echo.example.com");
  });
});
