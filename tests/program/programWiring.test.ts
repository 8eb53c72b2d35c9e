import { deepEqual, equal, match, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { at, valueOf, type Made, type Recorder } from "../mocks/mocks.ts";
import { runProgram } from "../mocks/program.ts";

/** Each comes after all before it, and none of them after it. */
function inThisOrder(recorder: Recorder, order: readonly Made[]): void {
  for (const [index, later] of order.entries()) {
    for (const earlier of order.slice(0, index)) {
      ok(recorder.isAfter(later, earlier), `${later.urn} is not after ${earlier.urn}`);
      ok(!recorder.isAfter(earlier, later), `${earlier.urn} is after ${later.urn}`);
    }
  }
}

/** The apps that keep data. */
const KEEPERS = ["company", "document"];

describe("program's wiring", () => {
  it("creates everything in an order whose reverse leaves nothing behind", async () => {
    const { recorder } = await runProgram("prod");
    const order = [
      recorder.one("aws:VpcEndpoint"),
      recorder.one("eks:index:Cluster"),
      recorder.one("aws:FargateProfile", "sockjs-sticky-prod-kube-system"),
      recorder.one("kubernetes:ConfigMap", "sockjs-sticky-prod-logging"),
      recorder.one("aws:Addon", "sockjs-sticky-prod-coredns"),
      recorder.one("kubernetes:Release"),
      recorder.one("kubernetes:Namespace", "echo"),
      recorder.one("kubernetes:Service", "echo"),
      recorder.one("kubernetes:Deployment", "echo"),
      recorder.one("kubernetes:HorizontalPodAutoscaler", "echo"),
    ];
    inThisOrder(recorder, order);
  });

  it("lets only workloads wait for the second Fargate profile, and only autoscalers for the metrics-server", async () => {
    const { recorder } = await runProgram("prod");
    const typesAfter = (earlier: Made): string[] => {
      const later = recorder.made.filter((each) => recorder.isAfter(each, earlier));
      return [...new Set(later.map(({ type }) => type.split(":").at(-1) ?? ""))].toSorted();
    };
    deepEqual(typesAfter(recorder.one("aws:Addon", "sockjs-sticky-prod-metrics-server")), [
      "HorizontalPodAutoscaler",
    ]);
    const afterProfile = typesAfter(
      recorder.one("aws:FargateProfile", "sockjs-sticky-prod-workloads"),
    );
    for (const type of ["Addon", "Release", "Vpc", "Instance", "Repository", "Provider"]) {
      ok(!afterProfile.includes(type), type);
    }
  });

  it("labels the pods of every workload and router for the Fargate profile of the stack", async () => {
    const { recorder } = await runProgram("prod");
    const profile = recorder.one("aws:FargateProfile", "sockjs-sticky-prod-workloads");
    const labels = { "sockjs-sticky/stack": "sockjs-sticky-prod" };
    deepEqual(profile.inputs.selectors, [{ namespace: "*", labels }]);
    const pods = ["Deployment", "StatefulSet"].flatMap((kind) =>
      recorder.all(`kubernetes:${kind}`),
    );
    equal(pods.length, 5);
    for (const { inputs, name } of pods) {
      const { "app.kubernetes.io/name": app, ...others } = at(
        inputs,
        "spec",
        "template",
        "metadata",
        "labels",
      ) as Record<string, string>;
      deepEqual(others, labels, name);
      deepEqual(at(inputs, "spec", "selector", "matchLabels"), { "app.kubernetes.io/name": app });
    }
  });

  for (const app of KEEPERS) {
    it(`creates the load balancer of ${app} before its replicas, with affinity key`, async () => {
      const { recorder } = await runProgram("prod");
      const front = [
        recorder.one("kubernetes:Release"),
        recorder.one("kubernetes:Namespace", app),
        recorder.one("kubernetes:Service", `${app}-router`),
      ];
      inThisOrder(recorder, [...front, recorder.one("kubernetes:Deployment", `${app}-router`)]);
      inThisOrder(recorder, [
        ...front,
        recorder.one("kubernetes:Service", `${app}-replicas`),
        recorder.one("kubernetes:StatefulSet", app),
        recorder.one("kubernetes:HorizontalPodAutoscaler", app),
      ]);
    });

    it(`creates the load balancer of ${app} before its replicas, with affinity cookie`, async () => {
      const { recorder } = await runProgram("dev");
      inThisOrder(recorder, [
        recorder.one("aws:RolePolicy", "sockjs-sticky-dev-ingresses"),
        recorder.one("kubernetes:Release"),
        recorder.one("kubernetes:Namespace", app),
        recorder.one("kubernetes:Service", app),
        recorder.one("kubernetes:Ingress", app),
        recorder.one("kubernetes:Secret", `${app}-database`),
        recorder.one("kubernetes:Deployment", app),
      ]);
    });

    it(`creates the database before the replicas of ${app} and the routers that wait for them`, async () => {
      const { recorder } = await runProgram("prod");
      const database = recorder.one("aws:Instance");
      const replicas = recorder.one("kubernetes:StatefulSet", app);
      const routers = recorder.one("kubernetes:Deployment", `${app}-router`);
      ok(recorder.isAfter(replicas, database));
      ok(recorder.isAfter(routers, database));
      ok(!recorder.isAfter(recorder.one("kubernetes:Deployment", "echo"), database));
    });

    it(`passes ${app} the database's URL as a secret`, async () => {
      for (const stack of ["dev", "prod"]) {
        const { recorder } = await runProgram(stack);
        const { inputs } = recorder.one("kubernetes:Secret", `${app}-database`);
        const url = String(
          at(inputs, "stringData", "value", "DATABASE_URL") ??
            at(inputs, "stringData", "DATABASE_URL"),
        );
        match(url, /^postgres:\/\/app:.+@.+:5432\/app$/);
        const kind = stack === "dev" ? "Deployment" : "StatefulSet";
        const { spec } = recorder.one(`kubernetes:${kind}`, app).inputs;
        const container = at(spec, "template", "spec", "containers", 0);
        deepEqual(at(container, "envFrom"), [{ secretRef: { name: `${app}-database-1234567` } }]);
        deepEqual(at(container, "env", 0), { name: "APP", value: app });
        const echo = recorder.one("kubernetes:Deployment", "echo").inputs;
        equal(at(echo, "spec", "template", "spec", "containers", 0, "envFrom"), undefined);
        const rule = recorder.one("aws:SecurityGroupIngressRule").inputs;
        equal(rule.referencedSecurityGroupId, `sg-of-eks-sockjs-sticky-${stack}`);
        const subnets = recorder.one("aws:SubnetGroup").inputs.subnetIds as string[];
        ok(subnets.every((subnet) => subnet.includes("-private-")));
      }
    });
  }

  for (const { app, key } of [
    { app: "company", key: "req.body,json_query('$.businessNumber'),upper" },
    { app: "document", key: "path,field(3,/),url_dec if" },
  ]) {
    it(`configures HAProxy to route ${app} by key to the maximum number of replicas`, async () => {
      const { recorder } = await runProgram("prod");
      const { data } = recorder.one("kubernetes:ConfigMap", `${app}-router`).inputs;
      const config = String(at(data, "haproxy.cfg"));
      const host = `${app}-11.${app}-replicas.${app}.svc.cluster.local:8080`;
      ok(config.includes(` ${host} id 12\n`));
      ok(!config.includes(`${app}-12`));
      ok(config.includes(key));
      const { spec } = recorder.one("kubernetes:Deployment", `${app}-router`).inputs;
      match(
        String(at(spec, "template", "spec", "containers", 0, "image")),
        /haproxy:3\.4\.\d+.*@sha256:/,
      );
    });
  }

  for (const { app, cookie, idle } of [
    { app: "company", cookie: "com-sticky", idle: 60 },
    { app: "document", cookie: "doc-sticky", idle: 350 },
  ]) {
    it(`follows the cookie that ${app} sets, and keeps connections for as long as it needs`, async () => {
      const { recorder } = await runProgram("dev");
      const { metadata } = recorder.one("kubernetes:Ingress", app).inputs;
      const annotation = (name: string): string =>
        String(at(metadata, "annotations", `alb.ingress.kubernetes.io/${name}`));
      const attributes = annotation("target-group-attributes");
      ok(attributes.includes(`app_cookie.cookie_name=${cookie},`));
      ok(attributes.includes("app_cookie.duration_seconds=172800,"));
      ok(
        annotation("load-balancer-attributes").startsWith(`idle_timeout.timeout_seconds=${idle},`),
      );
    });
  }

  it("creates the VPC's egress before the cluster whose pods need it", async () => {
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

  it("has the Service select the pods, and checks both by the same readiness path", async () => {
    const { recorder } = await runProgram("dev");
    const { metadata, spec } = recorder.one("kubernetes:Service", "echo").inputs;
    const deployment = recorder.one("kubernetes:Deployment", "echo");
    const template = at(deployment.inputs, "spec", "template");
    deepEqual(at(spec, "selector"), { "app.kubernetes.io/name": "echo" });
    equal(at(template, "metadata", "labels", "app.kubernetes.io/name"), "echo");
    const container = at(template, "spec", "containers", 0);
    equal(at(spec, "ports", 0, "targetPort"), at(container, "ports", 0, "name"));
    const path = "service.beta.kubernetes.io/aws-load-balancer-healthcheck-path";
    equal(at(metadata, "annotations", path), "/readyz");
    equal(at(container, "readinessProbe", "httpGet", "path"), "/readyz");
    for (const type of ["Deployment", "PodDisruptionBudget", "ServiceAccount"]) {
      const { inputs } = recorder.one(`kubernetes:${type}`, "echo");
      equal(at(inputs, "metadata", "namespace"), "echo", type);
    }
  });

  it("exposes metrics by no Service, with any affinity", async () => {
    for (const stack of ["dev", "prod"]) {
      const { recorder } = await runProgram(stack);
      const ports = recorder
        .all("kubernetes:Service")
        .flatMap(({ inputs }) => at(inputs, "spec", "ports") as Record<string, unknown>[])
        .map(({ port, targetPort = port }) => targetPort);
      ok(ports.length >= 3);
      deepEqual(
        ports.filter((port) => port !== "http" && port !== 8080),
        [],
      );
    }
  });

  for (const [stack, zones, nat, replicas, limits] of [
    ["dev", 2, "Single", { replicas: 3 }, { cpu: "250m", memory: "256Mi" }],
    ["staging", 3, "Single", { min: 2, max: 4 }, { cpu: "250m", memory: "768Mi" }],
    ["prod", 3, "OnePerAz", { min: 6, max: 24 }, { cpu: "500m", memory: "768Mi" }],
  ] as const) {
    it(`sizes stack ${stack} by its file`, async () => {
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

  it("exports the URL of the echo app", async () => {
    const { recorder, program } = await runProgram("dev");
    new k8s.core.v1.ConfigMap("reader", { data: { url: program.url ?? "" } });
    await recorder.settle();
    const reader = recorder.one("kubernetes:ConfigMap", "reader");
    ok(recorder.isAfter(reader, recorder.one("kubernetes:Deployment", "echo")));
  });

  it("passes the load balancers' settings on", async () => {
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
    const sourceRanges = ["198.51.100.0/24"];
    const workloads = ["echo", ...KEEPERS].map((app) => ({ app, dnsName: `${app}.example.com` }));
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
      document: "https://document.example.com",
    });
    for (const app of KEEPERS) {
      const ingress = recorder.one("kubernetes:Ingress", app).inputs;
      const annotations = at(ingress, "metadata", "annotations");
      equal(at(annotations, "alb.ingress.kubernetes.io/certificate-arn"), certificateArn);
      equal(at(annotations, "alb.ingress.kubernetes.io/inbound-cidrs"), "198.51.100.0/24");
    }
  });
});
