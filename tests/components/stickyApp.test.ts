import { deepEqual, equal, match, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { StickyApp, type StickyAppArgs } from "../../components/stickyApp.ts";
import { sentenceOf } from "../../app/contract/fault.ts";
import { workloadFaults, type WorkloadSpec } from "../../components/workload/workloadSpec.ts";
import { CLUSTER } from "../mocks/cluster.ts";
import { at, mockPulumi, valueOf, type Made, type Recorder } from "../mocks/mocks.ts";
import { rejection } from "../mocks/rejection.ts";

const REGISTRY: WorkloadSpec = {
  affinity: "cookie",
  replicas: 3,
  drainSeconds: 150,
  shutdown: "drains",
  cpuMillicores: 250,
  memoryMiB: 512,
  port: 8080,
  readinessPath: "/readyz",
  user: 1000,
  writableFolders: [],
  cookie: { name: "session", seconds: 3600 },
  keys: [{ methods: ["GET"], path: "/rooms", key: { from: "path" }, normalise: "none" }],
  crossZone: true,
  idleTimeoutSeconds: 350,
};

const ECHO: WorkloadSpec = { ...REGISTRY, affinity: "source-ip" };

const ARGS: StickyAppArgs = {
  workload: REGISTRY,
  image: "registry.example/apps@sha256:1",
  environment: { LEVEL: "debug" },
  cluster: CLUSTER,
  databaseUrl: "postgres://app:secret@db.example:5432/app",
  listener: {
    scheme: "internet-facing",
    sourceRanges: ["0.0.0.0/0"],
    tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  },
  keyRouterImage: "registry.example/haproxy@sha256:1",
};

async function mockedApp(changes: Partial<StickyAppArgs> = {}) {
  const recorder = await mockPulumi();
  const app = new StickyApp("registry", { ...ARGS, ...changes });
  await recorder.settle();
  return { recorder, app };
}

function parentOf(recorder: Recorder, { parent }: Made): string | undefined {
  return recorder.made.find(({ urn }) => urn === parent)?.parent;
}

/** The parts of each kind of affinity, beside account and disruption budget. */
const PARTS: [workload: WorkloadSpec, front: string, replicas: string][] = [
  [ECHO, "StickyService", "Deployment"],
  [{ ...ECHO, affinity: "none" }, "StickyService", "Deployment"],
  [REGISTRY, "StickyIngress", "Deployment"],
  [{ ...REGISTRY, affinity: "key" }, "KeyRouter", "StatefulSet"],
];

describe("StickyApp", () => {
  for (const [workload, front, replicas] of PARTS) {
    it(`puts a ${front} in front of a ${replicas} for affinity ${workload.affinity}`, async () => {
      const { recorder } = await mockedApp({ workload });
      const { urn } = recorder.one("sockjs-sticky:StickyApp");
      equal(recorder.one(`sockjs-sticky:${front}`, "registry").parent, urn);
      equal(recorder.one("sockjs-sticky:Workload", "registry").parent, urn);
      const { spec } = recorder.one(`kubernetes:${replicas}`, "registry").inputs;
      equal(at(spec, "replicas"), 3);
      const env = at(spec, "template", "spec", "containers", 0, "env") as { name: string }[];
      deepEqual(env[0], { name: "LEVEL", value: "debug" });
    });

    it(`owns its namespace itself, not through the front, for affinity ${workload.affinity}`, async () => {
      const { recorder } = await mockedApp({ workload });
      const namespace = recorder.one("kubernetes:Namespace");
      equal(namespace.parent, recorder.one("sockjs-sticky:StickyApp").urn);
      deepEqual(at(namespace.inputs, "metadata"), {
        name: "registry",
        labels: {
          "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
          "pod-security.kubernetes.io/enforce": "restricted",
        },
      });
      const inside = recorder.made.filter(
        ({ type }) => type.startsWith("kubernetes:") && !type.endsWith(":Namespace"),
      );
      for (const { inputs, urn } of inside) {
        equal(at(inputs, "metadata", "namespace"), "registry", urn);
      }
    });

    it(`gives a URL once its replicas can answer, for affinity ${workload.affinity}`, async () => {
      const recorder = await mockPulumi();
      const { url } = new StickyApp("registry", { ...ARGS, workload });
      new k8s.core.v1.ConfigMap("reader", { data: { url } });
      await recorder.settle();
      const reader = recorder.one("kubernetes:ConfigMap", "reader");
      ok(recorder.isAfter(reader, recorder.one(`kubernetes:${replicas}`, "registry")));
      match(await valueOf(url), /^http:\/\/k8s-registry/);
    });
  }

  for (const [affinity, zoneId, hostname] of [
    ["cookie", "Z-application", "k8s-registry.alb.example"],
    ["key", "Z-network", "k8s-registry-router.elb.example"],
  ] as const) {
    it(`keeps its DNS record, whichever load balancer it points to, for affinity ${affinity}`, async () => {
      const { recorder, app } = await mockedApp({
        workload: { ...REGISTRY, affinity, dnsName: "registry.example.com" },
        hostedZoneId: "Z0123456789ABC",
        certificateArn: pulumi.output("arn:aws:acm:us-east-1:111122223333:certificate/a1b2"),
      });
      const record = recorder.one("aws:Record", "registry.example.com");
      equal(record.parent, recorder.one("sockjs-sticky:StickyApp").urn);
      deepEqual(record.inputs, {
        zoneId: "Z0123456789ABC",
        name: "registry.example.com",
        type: "A",
        aliases: [{ name: hostname, zoneId, evaluateTargetHealth: false }],
      });
      equal(await valueOf(app.url), "https://registry.example.com");
    });
  }

  it("creates no DNS record without a name", async () => {
    const { recorder } = await mockedApp({ hostedZoneId: "Z0123456789ABC" });
    deepEqual(recorder.all("aws:Record"), []);
  });

  it("gives different names to the objects of different fronts", async () => {
    const names = new Set<string>();
    for (const affinity of ["cookie", "key"] as const) {
      const { recorder } = await mockedApp({ workload: { ...REGISTRY, affinity } });
      const fronts = ["StickyIngress", "KeyRouter"].flatMap((type) =>
        recorder.all(`sockjs-sticky:${type}`),
      );
      const ofFront = recorder.made.filter((each) =>
        fronts.some(({ urn }) => each.parent === urn || parentOf(recorder, each) === urn),
      );
      for (const { inputs, type } of ofFront.filter(({ isCustom }) => isCustom)) {
        const name = `${type} ${String(at(inputs, "metadata", "name"))}`;
        equal(names.has(name), false, name);
        names.add(name);
      }
    }
    ok(names.size > 6);
  });

  it("configures the router for as many replicas as the autoscaler may create", async () => {
    const { recorder } = await mockedApp({
      workload: { ...REGISTRY, affinity: "key", maxReplicas: 7 },
    });
    const { data } = recorder.one("kubernetes:ConfigMap", "registry-router").inputs;
    match(String(at(data, "haproxy.cfg")), /server registry-6 .* id 7\n/);
    const { spec } = recorder.one("kubernetes:HorizontalPodAutoscaler").inputs;
    equal(at(spec, "maxReplicas"), 7);
  });

  it("keeps the database's URL in a Secret whose name changes with its content", async () => {
    const { recorder } = await mockedApp();
    const { inputs } = recorder.one("kubernetes:Secret");
    deepEqual(at(inputs, "metadata"), {
      namespace: "registry",
      labels: { "app.kubernetes.io/name": "registry" },
    });
    const { spec } = recorder.one("kubernetes:Deployment").inputs;
    deepEqual(at(spec, "template", "spec", "containers", 0, "envFrom"), [
      { secretRef: { name: "registry-database-1234567" } },
    ]);
  });

  it("keeps the workload's secrets in another Secret", async () => {
    const secrets = { API_KEY: pulumi.secret("a1b2") };
    const { recorder } = await mockedApp({ secrets });
    const { spec } = recorder.one("kubernetes:Deployment").inputs;
    deepEqual(at(spec, "template", "spec", "containers", 0, "envFrom"), [
      { secretRef: { name: "registry-database-1234567" } },
      { secretRef: { name: "registry-secrets-1234567" } },
    ]);
    equal(JSON.stringify(spec).includes("a1b2"), false);
    const { stringData } = recorder.one("kubernetes:Secret", "registry-secrets").inputs;
    equal(at(stringData, "value", "API_KEY") ?? at(stringData, "API_KEY", "value"), "a1b2");
  });

  it("sends to the workload's own port through a key router", async () => {
    const workload = { ...REGISTRY, affinity: "key", port: 5000 } as const;
    const { recorder } = await mockedApp({ workload });
    const { data } = recorder.one("kubernetes:ConfigMap", "registry-router").inputs;
    match(String(at(data, "haproxy.cfg")), /server registry-0 [^ ]*:5000 id 1\n/);
    equal(
      at(
        recorder.one("kubernetes:Service", "registry-replicas").inputs,
        "spec",
        "ports",
        0,
        "port",
      ),
      5000,
    );
  });

  it("creates no Secret for an app without a database", async () => {
    const { recorder } = await mockedApp({ workload: ECHO, databaseUrl: undefined });
    deepEqual(recorder.all("kubernetes:Secret"), []);
  });

  it("needs only an image and a cluster", async () => {
    const recorder = await mockPulumi();
    const { image } = ARGS;
    new StickyApp("registry", { image, cluster: CLUSTER });
    await recorder.settle();
    const { spec } = recorder.one("kubernetes:Deployment").inputs;
    equal(at(spec, "replicas"), 3);
    const pod = at(spec, "template", "spec");
    equal(at(pod, "terminationGracePeriodSeconds"), 175);
    deepEqual(at(pod, "containers", 0, "resources", "limits"), { cpu: "250m", memory: "256Mi" });
    const service = recorder.one("kubernetes:Service").inputs;
    deepEqual(at(service, "spec", "loadBalancerSourceRanges"), ["0.0.0.0/0"]);
  });

  it("rejects a DNS name without its zone, and another idle time than that of TLS listeners", async () => {
    const workload: WorkloadSpec = { dnsName: "chat.example.com", idleTimeoutSeconds: 60 };
    const certificateArn = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";
    const message = await rejection(
      "StickyApp",
      () => new StickyApp("registry", { ...ARGS, workload, certificateArn }),
    );
    deepEqual(
      message.split("\n").map((line) => line.split(";")[0]),
      ['dnsName is "chat.example.com"', "idleTimeoutSeconds is 60"],
    );
  });

  it("rejects a workload with every fault, before the first child", async () => {
    const workload: WorkloadSpec = { drainSeconds: 149, maxReplicas: 3, cpuMillicores: 300 };
    const message = await rejection(
      "StickyApp",
      () => new StickyApp("registry", { ...ARGS, workload }),
    );
    deepEqual(
      message.split("\n").map((line) => line.split(";")[0]),
      ["drainSeconds is 149", "maxReplicas is 3", "cpuMillicores is 300"],
    );
    const all = { affinity: "source-ip", replicas: 3, memoryMiB: 512, ...workload } as const;
    equal(message, workloadFaults(all).map(sentenceOf).join("\n"));
  });
});
