import { deepEqual, equal } from "node:assert/strict";
import { mockedCluster } from "../../mocks/cluster.ts";

describe("FargateCluster's add-ons", () => {
  it("runs CoreDNS on Fargate, in the version for its Kubernetes, and no metrics-server", async () => {
    const { recorder } = await mockedCluster();
    const { inputs, timeouts } = recorder.one("aws:Addon", "apps-coredns");
    deepEqual(inputs, {
      clusterName: "apps",
      addonName: "coredns",
      addonVersion: "v1-coredns-for-1.35",
      configurationValues: '{"computeType":"Fargate"}',
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
    });
    deepEqual(timeouts, { create: "600s", update: "600s", delete: "" });
    const asked = recorder.calls.filter(({ token }) => token.includes("getAddonVersion"));
    deepEqual(
      asked.map((call) => call.inputs),
      ["kube-proxy", "vpc-cni", "coredns"].map((addonName) => ({
        addonName,
        kubernetesVersion: "1.35",
      })),
    );
  });

  it("has kube-proxy and the VPC CNI before CoreDNS, and in no profile's way, for they have no pods", async () => {
    const { recorder } = await mockedCluster();
    for (const addonName of ["kube-proxy", "vpc-cni"]) {
      const { inputs, dependencies } = recorder.one("aws:Addon", `apps-${addonName}`);
      deepEqual(inputs, {
        clusterName: "apps",
        addonName,
        addonVersion: `v1-${addonName}-for-1.35`,
        resolveConflictsOnCreate: "OVERWRITE",
        resolveConflictsOnUpdate: "OVERWRITE",
      });
      deepEqual(
        dependencies.filter((urn) => urn.includes("FargateProfile")),
        [],
      );
    }
    deepEqual(recorder.directlyAfter(recorder.one("aws:Addon", "apps-coredns"), "aws:Addon"), [
      "apps-kube-proxy",
      "apps-vpc-cni",
    ]);
  });

  it("adds the metrics-server, after CoreDNS, when told to", async () => {
    const { recorder } = await mockedCluster({ metricsServer: true });
    equal(recorder.all("aws:Addon").length, 4);
    const metrics = recorder.one("aws:Addon", "apps-metrics-server");
    deepEqual(metrics.inputs, {
      clusterName: "apps",
      addonName: "metrics-server",
      addonVersion: "v1-metrics-server-for-1.35",
      resolveConflictsOnCreate: "OVERWRITE",
      resolveConflictsOnUpdate: "OVERWRITE",
    });
    deepEqual(recorder.directlyAfter(metrics, "aws:Addon"), ["apps-coredns"]);
  });

  it("creates CoreDNS after its profile and the log router, so its logs are kept", async () => {
    const { recorder } = await mockedCluster({ metricsServer: true });
    const profiles = ["apps-kube-system"];
    const dns = recorder.one("aws:Addon", "apps-coredns");
    deepEqual(recorder.directlyAfter(dns, "aws:FargateProfile"), profiles);
    deepEqual(recorder.directlyAfter(dns, "kubernetes:ConfigMap"), ["apps-logging"]);
    const provider = recorder.one("pulumi:providers:kubernetes");
    deepEqual(recorder.directlyAfter(provider, "aws:FargateProfile"), profiles);
  });
});
