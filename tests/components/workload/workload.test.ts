import { deepEqual, equal } from "node:assert/strict";
import { Workload, type WorkloadArgs } from "../../../components/workload/workload.ts";
import { CLUSTER } from "../../mocks/cluster.ts";
import { POD } from "../../mocks/pod.ts";
import { at, mockPulumi, type Made } from "../../mocks/mocks.ts";

const LABELS = { "app.kubernetes.io/name": "chat" };

const ARGS: WorkloadArgs = {
  ...POD,
  namespace: "talk",
  labels: LABELS,
  cluster: CLUSTER,
  replicas: 3,
};

const METADATA = { name: "chat", namespace: "talk", labels: LABELS };

async function mockedWorkload(changes: Partial<WorkloadArgs> = {}) {
  const recorder = await mockPulumi();
  new Workload("chat", { ...ARGS, ...changes });
  await recorder.settle();
  const deployment = recorder.one("kubernetes:Deployment");
  return { recorder, deployment, ...podOf(deployment) };
}

async function mockedStatefulSet(changes: Partial<WorkloadArgs> = {}) {
  const recorder = await mockPulumi();
  new Workload("chat", { ...ARGS, serviceName: "chat-replicas", ...changes });
  await recorder.settle();
  const statefulSet = recorder.one("kubernetes:StatefulSet");
  return { recorder, statefulSet, ...podOf(statefulSet) };
}

function podOf({ inputs }: Made) {
  const pod = at(inputs, "spec", "template", "spec");
  return { pod, container: at(pod, "containers", 0) };
}

describe("Workload", () => {
  it("creates service account, replicas and disruption budget as its children, and no autoscaler", async () => {
    const { recorder } = await mockedWorkload();
    deepEqual(recorder.counts(), {
      "kubernetes:Deployment": 1,
      "kubernetes:PodDisruptionBudget": 1,
      "kubernetes:ServiceAccount": 1,
      "sockjs-sticky:Workload": 1,
    });
    deepEqual(recorder.strangersTo("sockjs-sticky:Workload", "chat"), []);
  });

  it("has its own service account, whose token is not mounted", async () => {
    const { recorder, pod } = await mockedWorkload();
    const { inputs } = recorder.one("kubernetes:ServiceAccount");
    deepEqual(inputs.metadata, METADATA);
    equal(inputs.automountServiceAccountToken, false);
    equal(at(pod, "serviceAccountName"), "chat");
    equal(at(pod, "automountServiceAccountToken"), false);
    equal(at(pod, "enableServiceLinks"), false);
  });

  it("replaces all replicas at once without reducing their number", async () => {
    const { deployment } = await mockedWorkload();
    deepEqual(at(deployment.inputs, "metadata", "labels"), LABELS);
    equal(at(deployment.inputs, "metadata", "namespace"), "talk");
    deepEqual(at(deployment.inputs, "spec", "strategy"), {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 },
    });
    equal(at(deployment.inputs, "spec", "replicas"), 3);
    deepEqual(at(deployment.inputs, "spec", "selector"), { matchLabels: LABELS });
    deepEqual(at(deployment.inputs, "spec", "template", "metadata"), {
      labels: { ...LABELS, ...CLUSTER.podLabels },
    });
  });

  it("has ten minutes to start, more while AWS creates its load balancer, and the drain to stop", async () => {
    const { deployment, pod } = await mockedWorkload();
    equal(at(deployment.inputs, "spec", "progressDeadlineSeconds"), 600);
    deepEqual(deployment.timeouts, { create: "900s", update: "600s", delete: "825s" });
    equal(at(pod, "terminationGracePeriodSeconds"), 225);
  });

  it("derives the grace period from the drain", async () => {
    const { deployment, pod } = await mockedWorkload({ drainSeconds: 150 });
    equal(at(pod, "terminationGracePeriodSeconds"), 175);
    equal(deployment.timeouts.delete, "775s");
  });

  it("lets Fargate evict one pod at a time, and unready pods always", async () => {
    const { recorder } = await mockedWorkload();
    const { inputs } = recorder.one("kubernetes:PodDisruptionBudget");
    deepEqual(inputs.metadata, METADATA);
    deepEqual(inputs.spec, {
      selector: { matchLabels: LABELS },
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    });
  });

  it("starts with its number of replicas and leaves it to an autoscaler, if there is one", async () => {
    const { recorder, deployment } = await mockedWorkload({ maxReplicas: 12 });
    equal(recorder.counts()["kubernetes:HorizontalPodAutoscaler"], 1);
    deepEqual(recorder.strangersTo("sockjs-sticky:Workload", "chat"), []);
    equal(at(deployment.inputs, "spec", "replicas"), 3);
    deepEqual(deployment.ignoreChanges, ["spec.replicas"]);
    deepEqual(deployment.inputs.metadata, METADATA);
  });

  it("takes the number of replicas over from an autoscaler that was turned off", async () => {
    const { deployment } = await mockedWorkload();
    deepEqual(deployment.inputs.metadata, {
      ...METADATA,
      annotations: { "pulumi.com/patchForce": "true" },
    });
    deepEqual(deployment.ignoreChanges, []);
  });

  it("grows at 60 % of the CPU and shrinks by one replica in 15 minutes", async () => {
    const { recorder } = await mockedWorkload({ maxReplicas: 12 });
    const { inputs } = recorder.one("kubernetes:HorizontalPodAutoscaler");
    deepEqual(inputs.metadata, METADATA);
    deepEqual(inputs.spec, {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "chat" },
      minReplicas: 3,
      maxReplicas: 12,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
        },
      ],
      behavior: {
        scaleDown: {
          stabilizationWindowSeconds: 1800,
          policies: [{ type: "Pods", value: 1, periodSeconds: 900 }],
        },
      },
    });
  });

  it("gives each replica a stable name with a headless Service", async () => {
    const { recorder, statefulSet } = await mockedStatefulSet();
    deepEqual(recorder.all("kubernetes:Deployment"), []);
    deepEqual(recorder.strangersTo("sockjs-sticky:Workload", "chat"), []);
    const { metadata, spec } = statefulSet.inputs;
    deepEqual(metadata, { ...METADATA, annotations: { "pulumi.com/patchForce": "true" } });
    deepEqual(Object.keys(spec as object).toSorted(), [
      "minReadySeconds",
      "podManagementPolicy",
      "replicas",
      "selector",
      "serviceName",
      "template",
      "updateStrategy",
    ]);
    equal(at(spec, "serviceName"), "chat-replicas");
    equal(at(spec, "replicas"), 3);
    deepEqual(at(spec, "selector"), { matchLabels: LABELS });
    deepEqual(at(spec, "template", "metadata"), { labels: { ...LABELS, ...CLUSTER.podLabels } });
  });

  it("starts the replicas of a StatefulSet at once and replaces them one by one", async () => {
    const { statefulSet } = await mockedStatefulSet();
    equal(at(statefulSet.inputs, "spec", "podManagementPolicy"), "Parallel");
    deepEqual(at(statefulSet.inputs, "spec", "updateStrategy"), { type: "RollingUpdate" });
    equal(at(statefulSet.inputs, "spec", "minReadySeconds"), 15);
  });

  it("waits for each replica of a StatefulSet in turn, as many as there may be", async () => {
    const { statefulSet } = await mockedStatefulSet();
    deepEqual(statefulSet.timeouts, { create: "600s", update: "1680s", delete: "825s" });
    const larger = await mockedStatefulSet({ maxReplicas: 10 });
    equal(larger.statefulSet.timeouts.update, "4200s");
  });

  it("creates the same pods in a StatefulSet as in a Deployment", async () => {
    const { pod } = await mockedStatefulSet();
    deepEqual(pod, (await mockedWorkload()).pod);
  });

  it("scales a StatefulSet as well", async () => {
    const { recorder, statefulSet } = await mockedStatefulSet({ maxReplicas: 12 });
    const { spec } = recorder.one("kubernetes:HorizontalPodAutoscaler").inputs;
    deepEqual(at(spec, "scaleTargetRef"), {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      name: "chat",
    });
    deepEqual(statefulSet.ignoreChanges, ["spec.replicas"]);
  });

  it("can be created twice in one program", async () => {
    const recorder = await mockPulumi();
    new Workload("chat", { ...ARGS, maxReplicas: 6 });
    new Workload("board", { ...ARGS, maxReplicas: 6, labels: { app: "board" } });
    await recorder.settle();
    deepEqual(recorder.counts(), {
      "kubernetes:Deployment": 2,
      "kubernetes:HorizontalPodAutoscaler": 2,
      "kubernetes:PodDisruptionBudget": 2,
      "kubernetes:ServiceAccount": 2,
      "sockjs-sticky:Workload": 2,
    });
    const names = recorder.made.flatMap(({ inputs }) => at(inputs, "metadata", "name") ?? []);
    const expected = ["board", "chat"].flatMap((name) => Array<string>(4).fill(name));
    deepEqual(names.toSorted(), expected);
  });
});
