import { deepEqual, equal, match, ok } from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import { FargateCluster } from "../../components/cluster/fargateCluster.ts";
import { Database } from "../../components/database.ts";
import { DatabaseAdmin } from "../../components/databases/databaseAdmin.ts";
import { WorkloadDatabase } from "../../components/databases/workloadDatabase.ts";
import { Vpc } from "../../components/network/vpc.ts";
import { loadConfig } from "../../config/load.ts";
import { at } from "../mocks/mocks.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack, type Run } from "./support/stack.ts";

const JOB = "kubernetes:batch/v1:Job";
const SECRET = "kubernetes:core/v1:Secret";
const IMAGES = ["one", "two", "three"].map((tag) => `registry.example/postgres:${tag}`);

/** What the program makes next. */
const settings = { workloads: ["chat"], image: IMAGES[0] ?? "" };

/** A cluster whose workloads have databases of their own, and for each what the workload reads its URL from. */
function makeDatabases(): Promise<Record<string, unknown>> {
  const { controlPlane, database: instance, logRetentionDays, region } = loadConfig();
  const provider = new aws.Provider("aws", { region });
  const onAws = { providers: [provider] };
  const zones = [`${region}a`, `${region}b`];
  const network = new Vpc(
    "apps",
    { region, cidr: "10.0.0.0/16", zones, natGateways: "single" },
    onAws,
  );
  const cluster = new FargateCluster(
    "apps",
    { network, controlPlane, logRetentionDays, metricsServer: false, deletionProtection: false },
    { ...onAws, dependsOn: network.egress },
  );
  const database = new Database(
    "apps",
    { network, cluster, instance, deletionProtection: false },
    onAws,
  );
  const inCluster = {
    providers: [provider, cluster.kubernetes],
    dependsOn: cluster.workloadPods,
  };
  const admin = new DatabaseAdmin("apps", { database }, inCluster);
  for (const name of settings.workloads) {
    const own = new WorkloadDatabase(name, { admin, cluster, image: settings.image }, inCluster);
    new k8s.core.v1.Secret(
      `${name}-user`,
      { stringData: { DATABASE_URL: own.url } },
      { provider: cluster.kubernetes, dependsOn: own },
    );
  }
  return Promise.resolve({});
}

function succeeded(run: Run): void {
  ok(run.succeeded, run.output);
}

const stepsOf = ({ steps }: Run): string[] =>
  steps.map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`).toSorted();

describe("databases of workloads, under a real engine", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  let stack: Stack;
  before(async () => {
    account = await Account.open();
    stack = await Stack.open(account, "databases", { like: "dev", program: makeDatabases });
  });
  after(() => account.close());

  /** Names of the Jobs that are in the cluster. */
  const jobs = (): string[] => account.cloud.all(JOB).map(({ key }) => key.split("/").at(-1) ?? "");

  it("are made by a Job each, once", async () => {
    succeeded(await stack.preview());
    succeeded(await stack.up());
    equal(jobs().length, 1);
    deepEqual((await stack.up()).steps, []);
  });

  it("leave those of other workloads as they are when a further workload gets one, or loses it", async () => {
    const before = jobs();
    settings.workloads = ["chat", "wiki"];
    const added = await stack.up();
    succeeded(added);
    deepEqual(stepsOf(added), [
      "create Job wiki",
      "create RandomPassword wiki",
      "create Secret wiki",
      "create Secret wiki-user",
      "create WorkloadDatabase wiki",
    ]);
    settings.workloads = ["chat"];
    const removed = await stack.up();
    succeeded(removed);
    ok(stepsOf(removed).every((step) => step.startsWith("delete ")));
    deepEqual(jobs(), before);
  });

  it("are made again by another Job, which leaves nothing of the last one, and do not change their users", async () => {
    const before = jobs();
    settings.image = IMAGES[1] ?? "";
    const run = await stack.up();
    succeeded(run);
    deepEqual(stepsOf(run), [
      "create-replacement Job chat",
      "delete-replaced Job chat",
      "replace Job chat",
    ]);
    equal(jobs().length, 1);
    ok(!before.includes(jobs()[0] ?? ""));
  });

  it("run a Job again that failed, without replacing what uses the database", async () => {
    const users = account.cloud.all(SECRET).map(({ key }) => key);
    account.cloud.jobsFail = true;
    settings.image = IMAGES[2] ?? "";
    const failed = await stack.up();
    equal(failed.succeeded, false);
    match(failed.output, /\[BackoffLimitExceeded\] Job has reached the specified backoff limit/);
    equal((await stack.up()).succeeded, false);
    account.cloud.jobsFail = false;
    const repeated = await stack.up();
    succeeded(repeated);
    ok(stepsOf(repeated).every((step) => step.endsWith(" Job chat")));
    deepEqual(
      account.cloud.all(SECRET).map(({ key }) => key),
      users,
    );
    equal(jobs().length, 1);
    deepEqual((await stack.up()).steps, []);
  });

  it("keep the role's password out of the state as plain text, and in the cluster only where it is used", () => {
    const { cloud } = account;
    const [url] = cloud
      .all(SECRET)
      .flatMap(({ inputs }) => at(inputs, "stringData", "DATABASE_URL") ?? []);
    const { password } = new URL(url as string);
    equal(password.length, 32);
    const having = cloud
      .all(SECRET)
      .filter(({ inputs }) => JSON.stringify(inputs).includes(password));
    deepEqual(
      having.map(({ name }) => name),
      ["chat-user"],
    );
    ok(!JSON.stringify(stack.stored()).includes(password));
  });

  it("leave nothing when they are destroyed", async () => {
    succeeded(await stack.destroy());
    deepEqual(account.cloud.things, []);
  });
});
