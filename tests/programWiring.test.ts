import { deepEqual, equal, match, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { at, valueOf, type Made, type Recorder } from "./support/mocks.ts";
import { runProgram } from "./support/program.ts";

/** Each comes after all before it, and none of them after it. */
function inThisOrder(recorder: Recorder, order: readonly Made[]): void {
  for (const [index, later] of order.entries()) {
    for (const earlier of order.slice(0, index)) {
      ok(recorder.isAfter(later, earlier), `${later.urn} is not after ${earlier.urn}`);
      ok(!recorder.isAfter(earlier, later), `${earlier.urn} is after ${later.urn}`);
    }
  }
}

describe("program's wiring", () => {
  it("makes everything in an order whose reverse leaves nothing behind", async () => {
    const { recorder } = await runProgram("prod");
    const order = [
      recorder.one("aws:VpcEndpoint"),
      recorder.one("eks:index:Cluster"),
      recorder.one("aws:FargateProfile", "sockjs-sticky-prod-echo"),
      recorder.one("kubernetes:ConfigMap", "sockjs-sticky-prod-logging"),
      recorder.one("aws:Addon", "sockjs-sticky-prod-coredns"),
      recorder.one("aws:Addon", "sockjs-sticky-prod-metrics-server"),
      recorder.one("kubernetes:Release"),
      recorder.one("kubernetes:Namespace", "echo"),
      recorder.one("kubernetes:Service", "echo"),
      recorder.one("kubernetes:Deployment", "echo"),
      recorder.one("kubernetes:HorizontalPodAutoscaler", "echo"),
    ];
    inThisOrder(recorder, order);
  });

  it("makes the registry's load balancer before its replicas, by key", async () => {
    const { recorder } = await runProgram("prod");
    const front = [
      recorder.one("kubernetes:Release"),
      recorder.one("kubernetes:Namespace", "company"),
      recorder.one("kubernetes:Service", "company-router"),
    ];
    inThisOrder(recorder, [...front, recorder.one("kubernetes:Deployment", "company-router")]);
    inThisOrder(recorder, [
      ...front,
      recorder.one("kubernetes:Service", "company-replicas"),
      recorder.one("kubernetes:StatefulSet", "company"),
      recorder.one("kubernetes:HorizontalPodAutoscaler", "company"),
    ]);
  });

  it("has the database there before the replicas that need it, and the routers that wait for them", async () => {
    const { recorder } = await runProgram("prod");
    const database = recorder.one("aws:Instance");
    for (const name of ["company", "company-router"]) {
      const [pods] = [
        ...recorder.all("kubernetes:StatefulSet"),
        ...recorder.all("kubernetes:Deployment"),
      ].filter((each) => each.name === name);
      ok(pods !== undefined && recorder.isAfter(pods, database), name);
    }
    ok(!recorder.isAfter(recorder.one("kubernetes:Deployment", "echo"), database));
  });

  it("makes the registry's load balancer before its replicas, by cookie", async () => {
    const { recorder } = await runProgram("dev");
    inThisOrder(recorder, [
      recorder.one("aws:RolePolicy", "sockjs-sticky-dev-ingresses"),
      recorder.one("kubernetes:Release"),
      recorder.one("kubernetes:Namespace", "company"),
      recorder.one("kubernetes:Service", "company"),
      recorder.one("kubernetes:Ingress"),
      recorder.one("kubernetes:Secret"),
      recorder.one("kubernetes:Deployment", "company"),
    ]);
  });

  it("gives the registry the database's URL, which only pods reach and nobody reads", async () => {
    for (const stack of ["dev", "prod"]) {
      const { recorder } = await runProgram(stack);
      const { inputs } = recorder.one("kubernetes:Secret");
      const url = String(
        at(inputs, "stringData", "value", "DATABASE_URL") ??
          at(inputs, "stringData", "DATABASE_URL"),
      );
      match(url, /^postgres:\/\/app:.+@.+:5432\/app$/);
      const kind = stack === "dev" ? "Deployment" : "StatefulSet";
      const { spec } = recorder.one(`kubernetes:${kind}`, "company").inputs;
      const container = at(spec, "template", "spec", "containers", 0);
      deepEqual(at(container, "envFrom"), [{ secretRef: { name: "company-database-1234567" } }]);
      deepEqual(at(container, "env", 0), { name: "APP", value: "company" });
      const echo = recorder.one("kubernetes:Deployment", "echo").inputs;
      equal(at(echo, "spec", "template", "spec", "containers", 0, "envFrom"), undefined);
      const rule = recorder.one("aws:SecurityGroupIngressRule").inputs;
      equal(rule.referencedSecurityGroupId, `sg-of-eks-sockjs-sticky-${stack}`);
      const subnets = recorder.one("aws:SubnetGroup").inputs.subnetIds as string[];
      ok(subnets.every((subnet) => subnet.includes("-private-")));
    }
  });

  it("routes by key to as many replicas as there may be, in HAProxy's configuration", async () => {
    const { recorder } = await runProgram("prod");
    const { data } = recorder.one("kubernetes:ConfigMap", "company-router").inputs;
    const config = String(at(data, "haproxy.cfg"));
    match(config, / company-11\.company-replicas\.company\.svc\.cluster\.local:8080 id 12\n/);
    ok(!config.includes("company-12"));
    match(config, /json_query\('\$\.businessNumber'\)/);
    const { spec } = recorder.one("kubernetes:Deployment", "company-router").inputs;
    match(
      String(at(spec, "template", "spec", "containers", 0, "image")),
      /haproxy:3\.4\.\d+.*@sha256:/,
    );
  });

  it("keeps browsers by the cookie that the registry sets", async () => {
    const { recorder } = await runProgram("dev");
    const { metadata } = recorder.one("kubernetes:Ingress").inputs;
    const attributes = "alb.ingress.kubernetes.io/target-group-attributes";
    match(
      String(at(metadata, "annotations", attributes)),
      /app_cookie\.cookie_name=com-sticky,stickiness\.app_cookie\.duration_seconds=172800,/,
    );
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
    const { metadata, spec } = recorder.one("kubernetes:Service", "echo").inputs;
    const deployment = recorder.one("kubernetes:Deployment", "echo");
    const template = at(deployment.inputs, "spec", "template");
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
      const { inputs } = recorder.one(`kubernetes:${type}`, "echo");
      equal(at(inputs, "metadata", "namespace"), "echo", type);
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
      const { spec } = recorder.one("kubernetes:Deployment", "echo").inputs;
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
    new k8s.core.v1.ConfigMap("reader", { data: { url: program.url ?? "" } });
    await recorder.settle();
    const reader = recorder.one("kubernetes:ConfigMap", "reader");
    ok(recorder.isAfter(reader, recorder.one("kubernetes:Deployment", "echo")));
  });

  it("probes pods and targets by TLS when told to", async () => {
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
    const workloads = [{ app: "echo", targetProtocol: "tls", affinity: "none" }];
    const { recorder } = await runProgram("dev", { workloads, certificateArn });
    const { metadata } = recorder.one("kubernetes:Service", "echo").inputs;
    const protocol = "service.beta.kubernetes.io/aws-load-balancer-backend-protocol";
    equal(at(metadata, "annotations", protocol), "ssl");
    const { spec } = recorder.one("kubernetes:Deployment", "echo").inputs;
    const path = ["template", "spec", "containers", 0, "livenessProbe", "httpGet", "scheme"];
    equal(at(spec, ...path), "HTTPS");
  });

  it("hands the load balancers' settings through", async () => {
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
    const sourceRanges = ["198.51.100.0/24"];
    const workloads = ["echo", "company"].map((app) => ({ app, dnsName: `${app}.example.com` }));
    const { recorder, program } = await runProgram("dev", {
      ...{ certificateArn, sourceRanges, workloads },
      hostedZoneId: "Z0123456789ABC",
    });
    const { metadata, spec } = recorder.one("kubernetes:Service", "echo").inputs;
    const certificate = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert";
    equal(at(metadata, "annotations", certificate), certificateArn);
    deepEqual(at(spec, "loadBalancerSourceRanges"), sourceRanges);
    for (const { inputs } of recorder.all("aws:Record")) {
      equal(inputs.zoneId, "Z0123456789ABC");
    }
    deepEqual(await valueOf(program.urls), {
      echo: "https://echo.example.com",
      company: "https://company.example.com",
    });
    const annotations = at(recorder.one("kubernetes:Ingress").inputs, "metadata", "annotations");
    equal(at(annotations, "alb.ingress.kubernetes.io/certificate-arn"), certificateArn);
    equal(at(annotations, "alb.ingress.kubernetes.io/inbound-cidrs"), "198.51.100.0/24");
  });
});
