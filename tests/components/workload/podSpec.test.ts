import { deepEqual, equal } from "node:assert/strict";
import { podSpec, type PodArgs } from "../../../components/workload/podSpec.ts";
import { at } from "../../mocks/mocks.ts";
import { POD } from "../../mocks/pod.ts";

function podOf(changes: Partial<PodArgs> = {}) {
  const pod = podSpec("chat", { ...POD, ...changes }, "chat");
  return { pod, container: at(pod, "containers", 0) };
}

describe("a replica's pod", () => {
  it("runs one container of the image in the pod's Fargate size", () => {
    const { pod, container } = podOf();
    const resources = { cpu: "500m", memory: "768Mi" };
    equal((at(pod, "containers") as unknown[]).length, 1);
    equal(at(container, "name"), "chat");
    equal(at(container, "image"), "registry.example/chat@sha256:1");
    deepEqual(at(container, "ports"), [{ name: "http", containerPort: 8080 }]);
    deepEqual(at(container, "resources"), { requests: resources, limits: resources });
  });

  it("passes the app its environment, port, drain and replica name", () => {
    const { container } = podOf({ environment: { APP: "echo", LEVEL: "2" } });
    deepEqual(at(container, "env"), [
      { name: "APP", value: "echo" },
      { name: "LEVEL", value: "2" },
      { name: "PORT", value: "8080" },
      { name: "DRAIN_SECONDS", value: "200" },
      { name: "REPLICA_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ]);
  });

  it("adds the entries of Secrets to the app's environment, if there are Secrets", () => {
    const { container } = podOf({ secretNames: ["chat-database-1a2b", "chat-2"] });
    deepEqual(at(container, "envFrom"), [
      { secretRef: { name: "chat-database-1a2b" } },
      { secretRef: { name: "chat-2" } },
    ]);
    equal(at(podOf().container, "envFrom"), undefined);
  });

  it("runs the given command, on the given port, as the given user", () => {
    const { pod, container } = podOf({
      command: ["python", "app.py"],
      port: 5000,
      user: 70,
    });
    deepEqual(at(container, "command"), ["python", "app.py"]);
    deepEqual(at(container, "ports"), [{ name: "http", containerPort: 5000 }]);
    deepEqual((at(container, "env") as object[])[1], { name: "PORT", value: "5000" });
    equal(at(pod, "securityContext", "runAsUser"), 70);
    equal(at(pod, "securityContext", "runAsGroup"), 70);
  });

  it("passes dollar signs on as they are", () => {
    const { container } = podOf({
      command: ["sh", "-c", "kill $$; echo $(date)"],
      environment: { PRICE: "5$$ $(NAME)" },
    });
    deepEqual(at(container, "command"), ["sh", "-c", "kill $$$$; echo $$(date)"]);
    equal(at(container, "env", 0, "value"), "5$$$$ $$(NAME)");
  });

  it("checks whether the port accepts connections if there is no liveness path", () => {
    const { container } = podOf({ livenessPath: undefined });
    for (const probe of ["startupProbe", "livenessProbe"]) {
      deepEqual(at(container, probe, "tcpSocket"), { port: "http" });
      equal(at(container, probe, "httpGet"), undefined);
    }
  });

  it("delays SIGTERM by the drain if the app does not drain itself", () => {
    const { pod, container } = podOf({ shutdown: "sleep" });
    deepEqual(at(container, "lifecycle"), { preStop: { sleep: { seconds: 200 } } });
    equal(at(pod, "terminationGracePeriodSeconds"), 225);
    const names = (at(container, "env") as { name: string }[]).map(({ name }) => name);
    equal(names.includes("DRAIN_SECONDS"), false);
    equal(at(podOf().container, "lifecycle"), undefined);
  });

  it("lets the app write to the given folders", () => {
    const { pod, container } = podOf({ writableFolders: ["/tmp", "/var/cache"] });
    deepEqual(at(pod, "volumes"), [
      { name: "folder-0", emptyDir: {} },
      { name: "folder-1", emptyDir: {} },
    ]);
    deepEqual(at(container, "volumeMounts"), [
      { name: "folder-0", mountPath: "/tmp" },
      { name: "folder-1", mountPath: "/var/cache" },
    ]);
    equal(at(container, "securityContext", "readOnlyRootFilesystem"), true);
  });

  it("checks liveness and readiness by the given paths", () => {
    const { container } = podOf();
    const alive = {
      httpGet: { path: "/healthz", port: "http", scheme: "HTTP" },
      timeoutSeconds: 5,
    };
    deepEqual(at(container, "startupProbe"), { ...alive, periodSeconds: 2, failureThreshold: 60 });
    deepEqual(at(container, "livenessProbe"), {
      ...alive,
      periodSeconds: 10,
      failureThreshold: 6,
    });
    deepEqual(at(container, "readinessProbe"), {
      httpGet: { path: "/readyz", port: "http", scheme: "HTTP" },
      timeoutSeconds: 5,
      periodSeconds: 5,
      failureThreshold: 2,
    });
  });

  it("satisfies the Pod Security Standard restricted, and writes to no file", () => {
    const { pod, container } = podOf();
    deepEqual(at(pod, "securityContext"), {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    });
    deepEqual(at(container, "securityContext"), {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    deepEqual(Object.keys(container as object).toSorted(), [
      "env",
      "image",
      "livenessProbe",
      "name",
      "ports",
      "readinessProbe",
      "resources",
      "securityContext",
      "startupProbe",
    ]);
  });
});
