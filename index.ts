import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createCluster, createController } from "./components/cluster/cluster.ts";
import { WorkloadDatabases } from "./components/databases/workloadDatabases.ts";
import { formerImage } from "./components/image/formerImage.ts";
import { certificateFor } from "./components/front/certificate.ts";
import { WorkloadImages } from "./components/image/workloadImages.ts";
import { createNetwork } from "./components/network/network.ts";
import { StickyApp } from "./components/stickyApp.ts";
import { checkCloud } from "./config/cloud.ts";
import { loadConfig } from "./config/load.ts";
import { compareWithLastUp, stackName } from "./config/lossGuard.ts";
import { environmentOf, storageOf } from "./config/workloadSettings.ts";

const config = loadConfig();
const { controlPlane, deletionProtection, keyRouterImage, listener, name, region } = config;
const { existingCluster, logRetentionDays, workloads } = config;
const { lastUp, settings } = await compareWithLastUp(config);

const tags = { project: pulumi.getProject(), stack: pulumi.getStack(), "managed-by": "pulumi" };
const provider = new aws.Provider(name, { region, defaultTags: { tags } });
const onAws = { providers: [provider] };
const guarded = { ...onAws, protect: deletionProtection };
const { creator, zones } = await checkCloud(config, settings, lastUp, { provider });
/** What the next `pulumi up` compares with. */
export const guardedSettings = { ...settings, zoneNames: zones, creator };

const { cidr, existing, natGateways } = config.network;
const network = createNetwork(name, { region, existing, cidr, zones, natGateways }, guarded);
const metricsServer = workloads.some(({ maxReplicas }) => maxReplicas !== undefined);
const cluster = createCluster(
  name,
  { existingCluster, network, controlPlane, logRetentionDays, metricsServer, deletionProtection },
  // Pods need AWS from start to end.
  { ...guarded, dependsOn: network.egress },
);
const inCluster = { providers: [provider, cluster.kubernetes] };
const ingresses = workloads.some(({ affinity }) => affinity === "cookie");
const isExisting = config.controller === "existing";
const controller = createController(
  name,
  { isExisting, network, cluster, chart: config.controllerChart, ingresses, defaultTags: tags },
  { ...inCluster, dependsOn: cluster.systemPods },
);

const former = lastUp && (await formerImage(stackName()));
const { buildsImage } = settings;
const images = new WorkloadImages(
  name,
  { image: config.image, buildsImage, former, forceDelete: !deletionProtection },
  onAws,
);
const databases = new WorkloadDatabases(
  name,
  { network, cluster, instance: config.database, deletionProtection, psqlImage: config.psqlImage },
  guarded,
  inCluster,
);
const apps = workloads.map((workload) => {
  const { needs, url: databaseUrl } = databases.of(workload.name, storageOf(workload));
  const certificateArn = certificateFor({ ...config.tls, dnsName: workload.dnsName }, onAws);
  return new StickyApp(
    workload.name,
    {
      workload,
      image: images.of(workload),
      environment: environmentOf(workload, certificateArn !== undefined),
      secrets: config.secrets[workload.name],
      databaseUrl,
      cluster,
      listener,
      certificateArn,
      hostedZoneId: config.tls.hostedZoneId,
      keyRouterImage,
    },
    // The controller creates and deletes the load balancer. Routers wait for replicas, but not for as long as a database takes.
    { ...inCluster, dependsOn: [controller, ...cluster.workloadPods, ...needs] },
  );
});

/** URL of each workload, and of the first one. */
export const urls = Object.fromEntries(apps.map((app) => [app.name, app.url]));
export const url = apps[0]?.url;
export const clusterName = cluster.name;
export const kubeconfig = cluster.kubeconfig;
export const { repositoryUrl } = images;
export const { vpcId } = network;
export const updateKubeconfigCommand = `aws eks update-kubeconfig --name ${clusterName} --region ${region}`;
