import { deepEqual } from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { mockedCluster } from "../../mocks/cluster.ts";
import { valueOf } from "../../mocks/mocks.ts";

describe("FargateCluster's profiles", () => {
  it("runs kube-system on Fargate, and by label any pod in any namespace, in private subnets", async () => {
    const { recorder, cluster } = await mockedCluster();
    const profiles = recorder.all("aws:FargateProfile");
    const common = {
      clusterName: "apps",
      podExecutionRoleArn: "arn:aws:iam::111122223333:role/apps-fargate-pods-1234567",
      subnetIds: ["subnet-private-1", "subnet-private-2"],
    };
    const labels = { "sockjs-sticky/stack": "apps" };
    deepEqual(
      profiles.map(({ name, inputs }) => [name, inputs]),
      [
        ["apps-kube-system", { ...common, selectors: [{ namespace: "kube-system" }] }],
        ["apps-workloads", { ...common, selectors: [{ namespace: "*", labels }] }],
      ],
    );
    deepEqual(cluster.podLabels, labels);
  });

  it("creates the profile of kube-system first, because AWS creates one at a time", async () => {
    const { recorder } = await mockedCluster();
    const workloads = recorder.one("aws:FargateProfile", "apps-workloads");
    deepEqual(recorder.directlyAfter(workloads, "aws:FargateProfile"), ["apps-kube-system"]);
  });

  it("lets workloads' pods wait for both profiles, logging and CoreDNS, those in kube-system not for the second", async () => {
    const { cluster, recorder } = await mockedCluster({ metricsServer: true });
    const namesOf = (resources: pulumi.Resource[]): Promise<string[]> =>
      Promise.all(
        resources.map(async ({ urn }) => (await valueOf(urn)).split("::").slice(2).join(" ")),
      );
    const system = await namesOf(cluster.systemPods);
    deepEqual(
      system.map((each) => each.split("$").at(-1)),
      [
        "aws:eks/fargateProfile:FargateProfile apps-kube-system",
        "kubernetes:core/v1:ConfigMap apps-logging",
        "aws:eks/addon:Addon apps-coredns",
      ],
    );
    const more = (await namesOf(cluster.workloadPods)).filter((each) => !system.includes(each));
    deepEqual(
      more.map((each) => each.split("$").at(-1)),
      ["aws:eks/fargateProfile:FargateProfile apps-workloads"],
    );
    const later = ["apps-coredns", "apps-metrics-server"].map((each) =>
      recorder.one("aws:Addon", each),
    );
    const workloads = recorder.one("aws:FargateProfile", "apps-workloads");
    deepEqual(
      later.map((each) => recorder.isAfter(each, workloads)),
      [false, false],
    );
  });
});
