import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import type { KeyRoute } from "../../../app/contract/keyRoute.ts";
import { haproxyConfig } from "../../../components/front/haproxyConfig.ts";
import { KeyRouter, type KeyRouterArgs } from "../../../components/front/keyRouter.ts";
import { serviceAnnotations } from "../../../components/front/nlbAnnotations.ts";
import { CLUSTER } from "../../mocks/cluster.ts";
import { at, mockPulumi, valueOf } from "../../mocks/mocks.ts";

const ROUTE: KeyRoute = {
  methods: ["GET"],
  path: "/rooms",
  key: { from: "path" },
  normalise: "identifier",
};

const ARGS = {
  podLabels: CLUSTER.podLabels,
  image: "registry.example/haproxy@sha256:1",
  namespace: "talk",
  routes: [ROUTE],
  replicas: 3,
  port: 8080,
  selector: { "app.kubernetes.io/name": "chat" },
  readinessPath: "/ready",
  scheme: "internet-facing",
  tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  sourceRanges: ["198.51.100.0/24"],
} as const satisfies KeyRouterArgs;

const ROUTER_LABELS = { "app.kubernetes.io/name": "chat-router" };
const METADATA = { name: "chat-router", namespace: "talk", labels: ROUTER_LABELS };
const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";

async function mockedRouter(changes: Partial<KeyRouterArgs> = {}) {
  const recorder = await mockPulumi();
  const router = new KeyRouter("chat", { ...ARGS, ...changes });
  await recorder.settle();
  const deployment = recorder.one("kubernetes:Deployment");
  const pod = at(deployment.inputs, "spec", "template", "spec");
  return { recorder, router, deployment, pod, container: at(pod, "containers", 0) };
}

describe("KeyRouter", () => {
  it("outputs the name that AWS gives to the load balancer", async () => {
    const { router } = await mockedRouter();
    equal(await valueOf(router.hostname), "k8s-chat-router.elb.example");
  });

  it("creates a load balancer, DNS names for the replicas, and routers with what they need", async () => {
    const { recorder } = await mockedRouter();
    deepEqual(recorder.counts(), {
      "kubernetes:ConfigMap": 1,
      "kubernetes:Deployment": 1,
      "kubernetes:PodDisruptionBudget": 1,
      "kubernetes:Service": 2,
      "kubernetes:ServiceAccount": 1,
      "sockjs-sticky:KeyRouter": 1,
      "sockjs-sticky:StickyService": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:KeyRouter", "chat"), [
      "kubernetes:Service chat-router",
    ]);
    const front = recorder.one("sockjs-sticky:StickyService", "chat-router");
    equal(recorder.one("kubernetes:Service", "chat-router").parent, front.urn);
  });

  it("has the load balancer spread connections over the routers, check them, and send the client's address", async () => {
    const { recorder, container } = await mockedRouter({ idleTimeoutSeconds: 4000 });
    const { inputs } = recorder.one("kubernetes:Service", "chat-router");
    deepEqual(at(inputs, "metadata", "annotations"), {
      ...serviceAnnotations({
        affinity: "none",
        scheme: "internet-facing",
        crossZone: true,
        idleTimeoutSeconds: 4000,
        proxyProtocol: true,
        readinessPath: "/router/readyz",
        sourceRanges: ARGS.sourceRanges,
        tlsPolicy: ARGS.tlsPolicy,
      }),
      "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
    });
    deepEqual(at(inputs, "spec", "selector"), ROUTER_LABELS);
    deepEqual(at(inputs, "spec", "loadBalancerSourceRanges"), ["198.51.100.0/24"]);
    deepEqual(at(inputs, "spec", "ports"), [
      { name: "http", port: 80, targetPort: "http", protocol: "TCP" },
    ]);
    deepEqual(at(container, "ports"), [
      { name: "http", containerPort: 8080 },
      { name: "probes", containerPort: 8404 },
    ]);
  });

  it("gives each replica a DNS name before it is ready", async () => {
    const { recorder, router } = await mockedRouter();
    const { inputs } = recorder.one("kubernetes:Service", "chat-replicas");
    deepEqual(inputs.metadata, {
      name: "chat-replicas",
      namespace: "talk",
      labels: ARGS.selector,
      annotations: { "pulumi.com/waitFor": "jsonpath={.spec.clusterIP}" },
    });
    deepEqual(inputs.spec, {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: ARGS.selector,
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    });
    equal(await valueOf(router.serviceName), "chat-replicas");
  });

  it("configures HAProxy for these names, in a file that never changes", async () => {
    const { recorder, pod, container } = await mockedRouter();
    const { inputs } = recorder.one("kubernetes:ConfigMap");
    deepEqual(inputs.data, {
      "haproxy.cfg": haproxyConfig({
        routes: [ROUTE],
        statefulSet: "chat",
        serviceName: "chat-replicas",
        namespace: "talk",
        replicas: 3,
        port: 8080,
        readinessPath: "/ready",
        isTls: false,
        idleTimeoutSeconds: 350,
      }),
    });
    equal(inputs.immutable, true);
    const name = at(inputs, "metadata", "name");
    match(String(name), /^chat-router-[0-9a-f]{10}$/);
    deepEqual(at(pod, "volumes"), [{ name: "config", configMap: { name } }]);
    deepEqual(at(container, "volumeMounts"), [
      { name: "config", mountPath: "/usr/local/etc/haproxy", readOnly: true },
    ]);
    deepEqual(at(container, "command"), [
      "haproxy",
      "-db",
      "-f",
      "/usr/local/etc/haproxy/haproxy.cfg",
    ]);
  });

  it("rolls the routers when the configuration changes, and only then", async () => {
    const nameOf = async (changes: Partial<KeyRouterArgs>): Promise<unknown> => {
      const { recorder } = await mockedRouter(changes);
      return at(recorder.one("kubernetes:ConfigMap").inputs, "metadata", "name");
    };
    const name = await nameOf({});
    equal(await nameOf({ routerReplicas: 5, image: "registry.example/haproxy@sha256:2" }), name);
    notEqual(await nameOf({ replicas: 4 }), name);
    notEqual(await nameOf({ certificateArn: CERTIFICATE }), name);
    notEqual(await nameOf({ idleTimeoutSeconds: 349 }), name);
  });

  it("forwards the scheme https if the listener has a certificate", async () => {
    for (const [certificateArn, scheme] of [
      [CERTIFICATE, "https"],
      [undefined, "http"],
    ] as const) {
      const { recorder } = await mockedRouter({ certificateArn });
      const config = at(recorder.one("kubernetes:ConfigMap").inputs, "data", "haproxy.cfg");
      ok(String(config).includes(`X-Forwarded-Proto ${scheme}\n`));
    }
  });

  it("runs two routers or more and replaces all at once", async () => {
    const { deployment } = await mockedRouter();
    deepEqual(deployment.inputs.metadata, METADATA);
    equal(at(deployment.inputs, "spec", "replicas"), 2);
    deepEqual(at(deployment.inputs, "spec", "selector"), { matchLabels: ROUTER_LABELS });
    deepEqual(at(deployment.inputs, "spec", "template", "metadata"), {
      labels: { ...ROUTER_LABELS, ...CLUSTER.podLabels },
    });
    deepEqual(at(deployment.inputs, "spec", "strategy"), {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 },
    });
    const more = await mockedRouter({ routerReplicas: 4 });
    equal(at(more.deployment.inputs, "spec", "replicas"), 4);
  });

  it("lets Fargate evict one router at a time, and unready routers always", async () => {
    const { recorder } = await mockedRouter();
    const { inputs } = recorder.one("kubernetes:PodDisruptionBudget");
    deepEqual(inputs.metadata, METADATA);
    deepEqual(inputs.spec, {
      selector: { matchLabels: ROUTER_LABELS },
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    });
  });

  it("keeps a stopping router running for 150 s, and then 60 s for open requests", async () => {
    const { recorder, container, deployment, pod } = await mockedRouter();
    deepEqual(at(container, "lifecycle"), { preStop: { sleep: { seconds: 150 } } });
    equal(at(pod, "terminationGracePeriodSeconds"), 225);
    const config = at(recorder.one("kubernetes:ConfigMap").inputs, "data", "haproxy.cfg");
    match(String(config), /^ {2}hard-stop-after 60s$/m);
    deepEqual(deployment.timeouts, { create: "900s", update: "600s", delete: "825s" });
    equal(at(deployment.inputs, "spec", "progressDeadlineSeconds"), 600);
  });

  it("starts once it has found a replica, and stays ready without one", async () => {
    const { container } = await mockedRouter();
    const probe = (path: string) => ({ httpGet: { path, port: "probes" }, timeoutSeconds: 5 });
    deepEqual(at(container, "startupProbe"), {
      ...probe("/readyz"),
      initialDelaySeconds: 10,
      periodSeconds: 2,
      failureThreshold: 600,
    });
    deepEqual(at(container, "readinessProbe"), {
      ...probe("/healthz"),
      periodSeconds: 5,
      failureThreshold: 2,
    });
    deepEqual(at(container, "livenessProbe"), {
      ...probe("/healthz"),
      periodSeconds: 10,
      failureThreshold: 6,
    });
  });

  it("satisfies the Pod Security Standard restricted, and writes to no file", async () => {
    const { recorder, pod, container } = await mockedRouter();
    deepEqual(at(pod, "securityContext"), {
      runAsNonRoot: true,
      runAsUser: 99,
      runAsGroup: 99,
      seccompProfile: { type: "RuntimeDefault" },
    });
    deepEqual(at(container, "securityContext"), {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    equal(at(pod, "serviceAccountName"), "chat-router");
    equal(at(pod, "automountServiceAccountToken"), false);
    equal(at(pod, "enableServiceLinks"), false);
    const account = recorder.one("kubernetes:ServiceAccount").inputs;
    deepEqual(account.metadata, METADATA);
    equal(account.automountServiceAccountToken, false);
  });

  it("runs the image in the smallest size of Fargate", async () => {
    const { container, pod } = await mockedRouter();
    const resources = { cpu: "250m", memory: "256Mi" };
    equal((at(pod, "containers") as unknown[]).length, 1);
    equal(at(container, "image"), "registry.example/haproxy@sha256:1");
    deepEqual(at(container, "resources"), { requests: resources, limits: resources });
  });

  it("creates its pods after the load balancer, and lets replicas be created before the routers", async () => {
    const recorder = await mockPulumi();
    const { namespace, serviceName } = new KeyRouter("chat", ARGS);
    new k8s.core.v1.ConfigMap("replicas", { metadata: { namespace }, data: { serviceName } });
    await recorder.settle();
    const deployment = recorder.one("kubernetes:Deployment");
    const replicas = recorder.one("kubernetes:ConfigMap", "replicas");
    const balancer = recorder.one("kubernetes:Service", "chat-router");
    equal(recorder.isAfter(deployment, balancer), true);
    equal(recorder.isAfter(replicas, balancer), true);
    equal(recorder.isAfter(replicas, recorder.one("kubernetes:Service", "chat-replicas")), true);
    equal(recorder.isAfter(replicas, deployment), false);
    equal(recorder.isAfter(deployment, replicas), false);
  });

  it("can be created twice in one program", async () => {
    const recorder = await mockPulumi();
    new KeyRouter("chat", ARGS);
    new KeyRouter("board", { ...ARGS, selector: { "app.kubernetes.io/name": "board" } });
    await recorder.settle();
    equal(recorder.counts()["kubernetes:Deployment"], 2);
    const board = recorder.one("kubernetes:Deployment", "board-router").inputs;
    equal(at(board, "metadata", "name"), "board-router");
  });
});
