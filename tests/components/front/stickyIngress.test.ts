import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf } from "../../../app/contract/fault.ts";
import {
  APPLICATION_DEFAULTS,
  ingressAnnotations,
  ingressFaults,
} from "../../../components/front/ingressAnnotations.ts";
import { StickyIngress, type StickyIngressArgs } from "../../../components/front/stickyIngress.ts";
import { at, isKnown, mockPulumi, promiseOf, valueOf } from "../../mocks/mocks.ts";
import { rejection } from "../../mocks/rejection.ts";

const ARGS = {
  namespace: "companies",
  cookie: { name: "com-sticky", seconds: 172_800 },
  idleTimeoutSeconds: 60,
  scheme: "internet-facing",
  sourceRanges: ["198.51.100.0/24"],
  readinessPath: "/readyz",
  tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  selector: { "app.kubernetes.io/name": "registry" },
  targetPort: "web",
} as const satisfies StickyIngressArgs;

async function mockedIngress(changes: Partial<StickyIngressArgs> = {}) {
  const recorder = await mockPulumi();
  const component = new StickyIngress("registry", { ...ARGS, ...changes });
  await recorder.settle();
  return { recorder, component, ingress: recorder.one("kubernetes:Ingress", "registry") };
}

describe("StickyIngress", () => {
  it("creates a Service and an Ingress as its children, and no DNS record", async () => {
    const { recorder } = await mockedIngress();
    deepEqual(recorder.counts(), {
      "kubernetes:Ingress": 1,
      "kubernetes:Service": 1,
      "sockjs-sticky:StickyIngress": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:StickyIngress", "registry"), []);
    deepEqual(recorder.calls, []);
  });

  it("creates a Service in the cluster whose pods Pulumi does not await", async () => {
    const { recorder } = await mockedIngress();
    const { metadata, spec } = recorder.one("kubernetes:Service", "registry").inputs;
    deepEqual(metadata, {
      name: "registry",
      namespace: "companies",
      labels: { "app.kubernetes.io/name": "registry" },
      annotations: { "pulumi.com/waitFor": "jsonpath={.spec.clusterIP}" },
    });
    deepEqual(spec, {
      type: "ClusterIP",
      selector: { "app.kubernetes.io/name": "registry" },
      ports: [{ name: "http", port: 80, targetPort: "web", protocol: "TCP" }],
    });
  });

  it("needs only the pods, their namespace and their port", async () => {
    const recorder = await mockPulumi();
    const { namespace, selector, targetPort } = ARGS;
    new StickyIngress("registry", { namespace, selector, targetPort, cookie: undefined });
    await recorder.settle();
    const { inputs } = recorder.one("kubernetes:Ingress", "registry");
    deepEqual(at(inputs, "metadata", "annotations"), {
      ...ingressAnnotations(APPLICATION_DEFAULTS),
      "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
    });
  });

  it("asks the controller's class for a load balancer that sends all requests to that Service", async () => {
    const { ingress } = await mockedIngress();
    const backend = { service: { name: "registry", port: { name: "http" } } };
    deepEqual(ingress.inputs.spec, {
      ingressClassName: "alb",
      rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    });
  });

  it("is annotated for the controller, and for Pulumi to wait for the host name only", async () => {
    const { ingress } = await mockedIngress();
    deepEqual(ingress.inputs.metadata, {
      name: "registry",
      namespace: "companies",
      labels: { "app.kubernetes.io/name": "registry" },
      annotations: {
        ...ingressAnnotations(ARGS),
        "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].hostname}",
      },
    });
  });

  it("waits 15 minutes for the load balancer to be created, and to be deleted", async () => {
    const { ingress } = await mockedIngress();
    deepEqual(ingress.timeouts, { create: "15m", update: "15m", delete: "15m" });
  });

  it("never protects the load balancer, so the controller can delete it", async () => {
    const { ingress } = await mockedIngress({ accessLogsBucket: "logs", certificateArn: "c" });
    ok(!JSON.stringify(ingress.inputs).includes("deletion_protection"));
  });

  it("has another name with another scheme, which makes it another Ingress", async () => {
    for (const [scheme, name] of [
      ["internet-facing", "registry"],
      ["internal", "registry-internal"],
    ] as const) {
      const { ingress, recorder } = await mockedIngress({ scheme });
      equal(at(ingress.inputs, "metadata", "name"), name);
      const annotation = "alb.ingress.kubernetes.io/scheme";
      equal(at(ingress.inputs, "metadata", "annotations", annotation), scheme);
      equal(at(recorder.one("kubernetes:Service").inputs, "metadata", "name"), "registry");
    }
  });

  it("outputs the name that AWS gives to the load balancer", async () => {
    const { component } = await mockedIngress();
    equal(await valueOf(component.hostname), "k8s-registry.alb.example");
  });

  it("leaves the name unknown in a preview after the wait for the load balancer timed out", async () => {
    const recorder = await mockPulumi({ preview: true, loadBalancers: false });
    const { hostname } = new StickyIngress("registry", ARGS);
    equal(await isKnown(hostname), false);
    await recorder.settle();
  });

  it("fails in an update that found no load balancer, naming the Ingress, the wait and where to look", async () => {
    await mockPulumi({ loadBalancers: false });
    const { hostname } = new StickyIngress("registry", ARGS);
    await rejects(promiseOf(hostname), (error) => {
      ok(pulumi.ResourceError.isInstance(error));
      equal(error.hideStack, true);
      match(
        error.message,
        /^Ingress companies\/registry .*15m.*kubectl describe ingress registry --namespace companies/,
      );
      return true;
    });
  });

  it("is created before whatever uses its namespace or its name", async () => {
    const recorder = await mockPulumi();
    const { namespace, hostname } = new StickyIngress("registry", ARGS);
    new k8s.core.v1.ConfigMap("in-namespace", { metadata: { namespace } });
    new k8s.core.v1.ConfigMap("of-name", { data: { hostname } });
    await recorder.settle();
    const ingress = recorder.one("kubernetes:Ingress");
    for (const name of ["in-namespace", "of-name"]) {
      equal(recorder.isAfter(recorder.one("kubernetes:ConfigMap", name), ingress), true, name);
    }
    equal(await valueOf(namespace), "companies");
  });

  it("creates the Ingress after the Service", async () => {
    const { recorder, ingress } = await mockedIngress();
    deepEqual(recorder.directlyAfter(ingress, "kubernetes:Service"), ["registry"]);
  });

  for (const cookie of [
    { name: "com-sticky", seconds: 0 },
    { name: "AWSALB", seconds: 0 },
  ]) {
    it(`rejects ${JSON.stringify(cookie)} with every fault, before the first child`, async () => {
      const message = await rejection(
        "StickyIngress",
        () => new StickyIngress("registry", { ...ARGS, cookie }),
      );
      equal(message, sentencesOf(ingressFaults({ ...ARGS, cookie })));
    });
  }

  it("is a child of the component that creates it", async () => {
    const recorder = await mockPulumi();
    const parent = new pulumi.ComponentResource("sockjs-sticky:index:Workload", "registry");
    new StickyIngress("registry", ARGS, { parent });
    await recorder.settle();
    const { urn } = recorder.one("sockjs-sticky:Workload");
    equal(recorder.one("sockjs-sticky:StickyIngress").parent, urn);
  });

  it("can be created twice in one program", async () => {
    const recorder = await mockPulumi();
    new StickyIngress("registry", ARGS);
    new StickyIngress("documents", ARGS);
    await recorder.settle();
    deepEqual(recorder.counts(), {
      "kubernetes:Ingress": 2,
      "kubernetes:Service": 2,
      "sockjs-sticky:StickyIngress": 2,
    });
    const documents = recorder.one("kubernetes:Ingress", "documents").inputs;
    equal(at(documents, "metadata", "name"), "documents");
  });
});
