import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { AppImage } from "../../components/image/appImage.ts";
import { copyContext } from "../../components/image/buildContext.ts";
import { Database } from "../../components/database.ts";
import { FargateCluster } from "../../components/cluster/fargateCluster.ts";
import { LoadBalancerController } from "../../components/cluster/loadBalancerController.ts";
import { StickyApp } from "../../components/stickyApp.ts";
import { Vpc } from "../../components/network/vpc.ts";
import { loadConfig } from "../../config/load.ts";
import { environmentOf } from "../../config/workloadSettings.ts";
import { Account, TIMEOUT_MS } from "./support/account.ts";
import { Stack, type Run } from "./support/stack.ts";

function succeeded(run: Run): void {
  ok(run.succeeded, run.output);
}

describe("stacks in one account", function () {
  this.timeout(TIMEOUT_MS);
  let account: Account;
  before(async () => {
    account = await Account.open();
  });
  after(() => account.close());

  it("do not collide, and one is unchanged when the other is destroyed", async () => {
    const { cloud } = account;
    const first = await Stack.open(account, "dev");
    const second = await Stack.open(account, "other", { like: "dev" });
    succeeded(await first.up());
    const made = cloud.things.length;
    succeeded(await second.up());
    equal(cloud.things.length, made * 2);
    succeeded(await first.destroy());
    equal(cloud.things.length, made);
    const refreshed = await second.refresh();
    succeeded(refreshed);
    deepEqual(refreshed.steps, []);
    deepEqual((await second.up()).steps, []);
    succeeded(await second.destroy());
    deepEqual(cloud.things, []);
  });
});

/** Everything that index.ts makes, twice, each with another name. */
function makeTwice(context: string): Promise<Record<string, unknown>> {
  const config = loadConfig();
  const { controlPlane, keyRouterImage, listener, logRetentionDays, region, workloads } = config;
  const provider = new aws.Provider("aws", { region });
  const providers = { providers: [provider] };
  const zones = [`${region}a`, `${region}b`];
  const urls = ["one", "two"].map((name) => {
    const { cidr, natGateways } = config.network;
    const network = new Vpc(name, { region, cidr, zones, natGateways }, providers);
    const cluster = new FargateCluster(
      name,
      {
        network,
        controlPlane,
        logRetentionDays,
        metricsServer: true,
        deletionProtection: false,
      },
      { ...providers, dependsOn: network.egress },
    );
    const inCluster = { providers: [provider, cluster.kubernetes] };
    const controller = new LoadBalancerController(
      name,
      { network, cluster, chart: config.controllerChart, ingresses: true, defaultTags: {} },
      { ...inCluster, dependsOn: cluster.systemPods },
    );
    const { imageUri: image } = new AppImage(
      name,
      { context: copyContext(context), immutableTags: false, forceDelete: true },
      providers,
    );
    const database = new Database(
      name,
      { network, cluster, instance: config.database, deletionProtection: false },
      providers,
    );
    return workloads.map(
      (workload) =>
        new StickyApp(
          `${name}-${workload.name}`,
          {
            workload,
            cluster,
            image,
            environment: environmentOf(workload, false),
            listener,
            keyRouterImage,
            databaseUrl: database.url,
          },
          { ...inCluster, dependsOn: [controller, database, ...cluster.workloadPods] },
        ).url,
    );
  });
  return Promise.resolve({ urls: urls.flat() satisfies pulumi.Output<string>[] });
}

describe("two instances of each component in one program", function () {
  this.timeout(TIMEOUT_MS);
  const context = mkdtempSync(join(tmpdir(), "sockjs-sticky-image-"));
  let account: Account;
  let stack: Stack;
  before(async () => {
    writeFileSync(join(context, "Dockerfile"), "FROM scratch\n");
    account = await Account.open();
    const workloads = [
      { app: "echo" },
      { app: "company", affinity: "key", maxReplicas: 9 },
      { app: "document", affinity: "cookie" },
    ];
    const options = { like: "dev", changes: { workloads }, program: () => makeTwice(context) };
    stack = await Stack.open(account, "twice", options);
  });
  after(() => {
    account.close();
    rmSync(context, { recursive: true });
  });

  it("do not collide", async () => {
    succeeded(await stack.up());
    const { urls } = await stack.outputs();
    equal(new Set(urls?.value as string[]).size, 6);
    deepEqual((await stack.up()).steps, []);
  });

  it("are updated in place when a file of the image changes", async () => {
    writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY . .\n");
    const run = await stack.up();
    succeeded(run);
    const steps = run.steps.map(({ op, type }) => `${op} ${type}`).toSorted();
    deepEqual(steps, [
      ...Array<string>(2).fill("create docker-build:index:Image"),
      ...Array<string>(2).fill("delete docker-build:index:Image"),
      ...Array<string>(4).fill("update kubernetes:apps/v1:Deployment"),
      ...Array<string>(2).fill("update kubernetes:apps/v1:StatefulSet"),
    ]);
  });

  it("leave nothing behind when they are destroyed", async () => {
    succeeded(await stack.destroy());
    deepEqual(account.cloud.things, []);
  });
});
