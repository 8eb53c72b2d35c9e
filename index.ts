import { keepsData } from "./app/contract/catalogue.ts";
import { fileURLToPath } from "node:url";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { AppImage } from "./components/image/appImage.ts";
import { copyContext } from "./components/image/buildContext.ts";
import { Database } from "./components/database.ts";
import { FargateCluster } from "./components/cluster/fargateCluster.ts";
import { formerImage } from "./components/image/formerImage.ts";
import { LoadBalancerController } from "./components/cluster/loadBalancerController.ts";
import { StickyApp } from "./components/stickyApp.ts";
import { Vpc } from "./components/network/vpc.ts";
import { eksZones } from "./components/network/zones.ts";
import { loadConfig } from "./config/load.ts";
import { readLastUp, refuseLosses, settingsToGuard, stackName } from "./config/lossGuard.ts";
import { creatorOf, refuseConflicts } from "./config/livingCluster.ts";

const config = loadConfig();
const { name, region, workloads } = config;
const lastUp = await readLastUp();
const settings = settingsToGuard(config, lastUp);
refuseLosses(lastUp ?? {}, settings);
const tags = { project: pulumi.getProject(), stack: pulumi.getStack(), "managed-by": "pulumi" };
const provider = new aws.Provider(name, { region, defaultTags: { tags } });
const onAws = { providers: [provider] };
const guarded = { ...onAws, protect: config.deletionProtection };

const zones = await eksZones(config.zones, lastUp?.zoneNames ?? [], { provider });
const creator = await creatorOf(lastUp, { provider });
await refuseConflicts(settings, config.admins, creator, { provider });
/** For the next `pulumi up` to compare with. */
export const guardedSettings = { ...settings, zoneNames: zones, creator };
const vpc = new Vpc(name, { ...config, cidr: config.vpcCidr, zones }, guarded);
const cluster = new FargateCluster(
  name,
  {
    ...config,
    vpcId: vpc.vpcId,
    privateSubnetIds: vpc.privateSubnetIds,
    publicSubnetIds: vpc.publicSubnetIds,
    namespaces: workloads.map(({ app }) => app),
    metricsServer: workloads.some(({ maxReplicas }) => maxReplicas !== undefined),
  },
  // Pods reach AWS from their first second to their last.
  { ...guarded, dependsOn: vpc.egress },
);
const inCluster = { providers: [provider, cluster.kubernetes] };
const controller = new LoadBalancerController(
  name,
  {
    region,
    clusterName: name,
    vpcId: vpc.vpcId,
    podSecurityGroupId: cluster.podSecurityGroupId,
    oidcProviderArn: cluster.oidcProviderArn,
    oidcIssuer: cluster.oidcIssuer,
    chart: config.controllerChart,
    chartVersion: config.controllerChartVersion,
    ingresses: workloads.some(({ affinity }) => affinity === "cookie"),
    defaultTags: tags,
  },
  // The logs of its pods are kept only if logging is there before them.
  { ...inCluster, dependsOn: cluster },
);

const appImage = settings.buildsImage
  ? new AppImage(
      name,
      {
        ...config,
        context: copyContext(fileURLToPath(new URL("app", import.meta.url))),
        former: lastUp && (await formerImage(stackName())),
        forceDelete: !config.deletionProtection,
      },
      onAws,
    )
  : undefined;

const database = workloads.some(({ app }) => keepsData(app))
  ? new Database(
      name,
      {
        ...config,
        instanceClass: config.databaseInstanceClass,
        multiAz: config.databaseMultiAz,
        storageGiB: config.databaseStorageGiB,
        backupDays: config.databaseBackupDays,
        finalSnapshot: config.databaseFinalSnapshot,
        vpcId: vpc.vpcId,
        subnetIds: vpc.privateSubnetIds,
        podSecurityGroupId: cluster.podSecurityGroupId,
      },
      guarded,
    )
  : undefined;

const apps = workloads.map((workload) => {
  const args = {
    ...config,
    workload,
    image: appImage?.imageUri ?? config.image ?? "",
    databaseUrl: keepsData(workload.app) ? database?.url : undefined,
  };
  // The controller makes its load balancer, and is there until it has deleted it; routers wait for replicas, and not for
  // as long as a database takes.
  const dependsOn = keepsData(workload.app) && database ? [controller, database] : controller;
  return new StickyApp(workload.app, args, { ...inCluster, dependsOn });
});

/** URL of each workload. */
export const urls = Object.fromEntries(
  workloads.map(({ app }, index) => [app, apps[index]?.url ?? ""]),
);
/** URL of the first workload. */
export const url = apps[0]?.url;
export const clusterName = name;
export const kubeconfig = cluster.kubeconfig;
export const repositoryUrl = appImage?.repositoryUrl ?? null;
export const vpcId = vpc.vpcId;
export const updateKubeconfigCommand = `aws eks update-kubeconfig --name ${name} --region ${region}`;
