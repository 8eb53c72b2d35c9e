import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { NETWORK_DEFAULTS, serviceAnnotations } from "../../../components/front/nlbAnnotations.ts";
import { StickyService, type StickyServiceArgs } from "../../../components/front/stickyService.ts";
import { at, isKnown, mockPulumi, promiseOf, valueOf } from "../../mocks/mocks.ts";
import { rejection } from "../../mocks/rejection.ts";

const ARGS = {
  namespace: "talk",
  affinity: "source-ip",
  scheme: "internet-facing",
  crossZone: true,
  idleTimeoutSeconds: 350,
  readinessPath: "/readyz",
  tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  selector: { "app.kubernetes.io/name": "chat" },
  targetPort: "http",
  sourceRanges: ["198.51.100.0/24", "203.0.113.0/24"],
} as const satisfies StickyServiceArgs;

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/a1b2";

async function mockedService(changes: Partial<StickyServiceArgs> = {}) {
  const recorder = await mockPulumi();
  const service = new StickyService("chat", { ...ARGS, ...changes });
  await recorder.settle();
  return { recorder, service, inputs: recorder.one("kubernetes:Service").inputs };
}

describe("StickyService", () => {
  it("creates a Service as its only child, and no DNS record", async () => {
    const { recorder } = await mockedService();
    deepEqual(recorder.counts(), {
      "kubernetes:Service": 1,
      "sockjs-sticky:StickyService": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:StickyService", "chat"), []);
    deepEqual(recorder.calls, []);
  });

  it("asks only the controller for a load balancer that sends to pods", async () => {
    const { inputs } = await mockedService();
    deepEqual(inputs.spec, {
      type: "LoadBalancer",
      loadBalancerClass: "service.k8s.aws/nlb",
      loadBalancerSourceRanges: ["198.51.100.0/24", "203.0.113.0/24"],
      allocateLoadBalancerNodePorts: false,
      selector: { "app.kubernetes.io/name": "chat" },
      ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    });
  });

  it("listens on 443 with a certificate", async () => {
    const { inputs } = await mockedService({ certificateArn: CERTIFICATE });
    deepEqual(at(inputs, "spec", "ports"), [
      { name: "https", port: 443, targetPort: "http", protocol: "TCP" },
    ]);
  });

  it("is annotated for the controller, and for Pulumi to wait for the host name only", async () => {
    const { inputs } = await mockedService();
    deepEqual(inputs.metadata, {
      name: "chat",
      namespace: "talk",
      labels: { "app.kubernetes.io/name": "chat" },
      annotations: {
        ...serviceAnnotations(ARGS),
        "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
      },
    });
  });

  it("needs only the pods, their namespace and their port", async () => {
    const recorder = await mockPulumi();
    const { namespace, selector, targetPort } = ARGS;
    new StickyService("chat", { namespace, selector, targetPort, scheme: undefined });
    await recorder.settle();
    const { metadata, spec } = recorder.one("kubernetes:Service").inputs;
    deepEqual(at(metadata, "annotations"), {
      ...serviceAnnotations(NETWORK_DEFAULTS),
      "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
    });
    deepEqual(at(spec, "loadBalancerSourceRanges"), ["0.0.0.0/0"]);
  });

  it("accepts outputs of other resources, and the number of a port", async () => {
    const { inputs } = await mockedService({
      selector: pulumi.output({ app: pulumi.output("board") }),
      targetPort: 3000,
    });
    deepEqual(at(inputs, "metadata", "labels"), { app: "board" });
    deepEqual(at(inputs, "spec", "selector"), { app: "board" });
    equal(at(inputs, "spec", "ports", 0, "targetPort"), 3000);
  });

  it("rejects arguments with every fault, before the first child", async () => {
    const faulty = { sourceRanges: [], readinessPath: "readyz", crossZone: false };
    const message = await rejection(
      "StickyService",
      () => new StickyService("chat", { ...ARGS, ...faulty, idleTimeoutSeconds: 59 }),
    );
    const names = message.split("\n").map((line) => line.split(";")[0]);
    deepEqual(names, [
      "sourceRanges is []",
      'readinessPath is "readyz"',
      "crossZone is false",
      "idleTimeoutSeconds is 59",
    ]);
    match(message, /from 60 to 6000/);
  });

  it("rejects another idle time than that of TLS listeners, with a certificate", async () => {
    const tls = { certificateArn: CERTIFICATE, idleTimeoutSeconds: 349 };
    const message = await rejection(
      "StickyService",
      () => new StickyService("chat", { ...ARGS, ...tls }),
    );
    match(message, /^idleTimeoutSeconds is 349; it must be 350 with TLS/);
  });

  it("waits 15 minutes for the load balancer to be created, and to be deleted", async () => {
    const { recorder } = await mockedService();
    const limits = { create: "15m", update: "15m", delete: "15m" };
    deepEqual(recorder.one("kubernetes:Service").timeouts, limits);
  });

  it("has another name with another scheme, which makes it another Service", async () => {
    for (const [scheme, name] of [
      ["internet-facing", "chat"],
      ["internal", "chat-internal"],
    ] as const) {
      const { inputs } = await mockedService({ scheme });
      equal(at(inputs, "metadata", "name"), name);
      const annotation = "service.beta.kubernetes.io/aws-load-balancer-scheme";
      equal(at(inputs, "metadata", "annotations", annotation), scheme);
    }
  });

  it("outputs the name that AWS gives to the load balancer", async () => {
    const { service } = await mockedService();
    equal(await valueOf(service.hostname), "k8s-chat.elb.example");
  });

  it("leaves the name unknown in a preview after the wait for the load balancer timed out", async () => {
    const recorder = await mockPulumi({ preview: true, loadBalancers: false });
    const { hostname } = new StickyService("chat", ARGS);
    equal(await isKnown(hostname), false);
    await recorder.settle();
  });

  it("fails in an update that found no load balancer, naming the Service, the wait and where to look", async () => {
    await mockPulumi({ loadBalancers: false });
    const { hostname } = new StickyService("chat", ARGS);
    await rejects(promiseOf(hostname), (error) => {
      ok(pulumi.ResourceError.isInstance(error));
      equal(error.hideStack, true);
      match(
        error.message,
        /^Service talk\/chat .*15m.*kubectl describe service chat --namespace talk/,
      );
      return true;
    });
  });

  it("is created before whatever uses its namespace or its name", async () => {
    const recorder = await mockPulumi();
    const { namespace, hostname } = new StickyService("chat", ARGS);
    new k8s.core.v1.ConfigMap("in-namespace", { metadata: { namespace } });
    new k8s.core.v1.ConfigMap("of-name", { data: { hostname } });
    await recorder.settle();
    const service = recorder.one("kubernetes:Service");
    for (const name of ["in-namespace", "of-name"]) {
      equal(recorder.isAfter(recorder.one("kubernetes:ConfigMap", name), service), true, name);
    }
    equal(await valueOf(namespace), "talk");
  });

  it("can be created twice in one program", async () => {
    const recorder = await mockPulumi();
    new StickyService("chat", ARGS);
    new StickyService("board", ARGS);
    await recorder.settle();
    deepEqual(recorder.counts(), {
      "kubernetes:Service": 2,
      "sockjs-sticky:StickyService": 2,
    });
    const board = recorder.one("kubernetes:Service", "board").inputs;
    equal(at(board, "metadata", "name"), "board");
  });
});
