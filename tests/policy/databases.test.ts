import { deepEqual, ok } from "node:assert/strict";
import * as aws from "@pulumi/aws";
import { FargateCluster } from "../../components/cluster/fargateCluster.ts";
import { Database } from "../../components/database.ts";
import { DatabaseAdmin } from "../../components/databases/databaseAdmin.ts";
import { WorkloadDatabase } from "../../components/databases/workloadDatabase.ts";
import { CLUSTER_ARGS, NETWORK } from "../mocks/cluster.ts";
import { digestOf } from "../mocks/mockCloud.ts";
import { mockPulumi } from "../mocks/mocks.ts";
import { packOfSuite } from "./policyCases.ts";
import { planFrom } from "./plan.ts";

const INSTANCE = {
  postgresVersion: "18",
  instanceClass: "db.t4g.micro",
  multiAz: false,
  storageGiB: 20,
  backupDays: 7,
  finalSnapshot: false,
};

/** A cluster whose workloads have databases of their own. */
function makeDatabases(): void {
  const defaultTags = { tags: { project: "p", stack: "s", "managed-by": "pulumi" } };
  const provider = new aws.Provider("apps", { region: "us-east-1", defaultTags });
  const onAws = { providers: [provider] };
  const cluster = new FargateCluster("apps", CLUSTER_ARGS, onAws);
  const database = new Database(
    "apps",
    { network: NETWORK, cluster, instance: INSTANCE, deletionProtection: false },
    onAws,
  );
  const inCluster = {
    providers: [provider, cluster.kubernetes],
    dependsOn: cluster.workloadPods,
  };
  const admin = new DatabaseAdmin("apps", { database }, inCluster);
  const image = `registry.example/postgres@${digestOf("postgres")}`;
  new WorkloadDatabase("my-chat", { admin, cluster, image }, inCluster);
}

describe("policies", () => {
  const pack = packOfSuite();
  for (const preview of [true, false]) {
    it(`accept the Jobs that make databases, ${preview ? "before the first up" : "when all values are known"}`, async () => {
      const recorder = await mockPulumi({ preview });
      makeDatabases();
      await recorder.settle();
      const plan = planFrom(recorder);
      ok(plan.resources.some(({ type }) => type.endsWith(":Job")));
      deepEqual(await pack().violations(plan), []);
    });
  }
});
