import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { keepsData } from "./app/contract/catalogue.ts";
import { FargateCluster } from "./components/cluster/fargateCluster.ts";
import { LoadBalancerController } from "./components/cluster/loadBalancerController.ts";
import { Database } from "./components/database.ts";
import { AppImage } from "./components/image/appImage.ts";
import { copyContext } from "./components/image/buildContext.ts";
import { formerImage } from "./components/image/formerImage.ts";
import { Vpc } from "./components/network/vpc.ts";
import { eksZones } from "./components/network/zones.ts";
import { StickyApp } from "./components/stickyApp.ts";
import { checkCluster } from "./config/livingCluster.ts";
import { loadConfig } from "./config/load.ts";
import { compareWithLastUp, stackName } from "./config/lossGuard.ts";

const config = loadConfig();
const { controlPlane, deletionProtection, keyRouterImage, listener, workloads } = config;
const { logRetentionDays, name, region } = config;
const { lastUp, settings } = await compareWithLastUp(config);

const tags = { project: pulumi.getProject(), stack: pulumi.getStack(), "managed-by": "pulumi" };
const provider = new aws.Provider(name, { region, defaultTags: { tags } });
const onAws = { providers: [provider] };
const guarded = { ...onAws, protect: deletionProtection };
const zones = await eksZones(config.network.zones, lastUp?.zoneNames, { provider });
const creator = await checkCluster(settings, controlPlane.admins, lastUp, { provider });
/** What the next `pulumi up` compares with. */
export const guardedSettings = { ...settings, zoneNames: zones, creator };

const { cidr, natGateways } = config.network;
const network = new Vpc(name, { region, cidr, zones, natGateways }, guarded);
const metricsServer = workloads.some(({ maxReplicas }) => maxReplicas !== undefined);
const cluster = new FargateCluster(
  name,
  { network, controlPlane, logRetentionDays, metricsServer, deletionProtection },
  // Pods need AWS from start to end.
  { ...guarded, dependsOn: network.egress },
);
const inCluster = { providers: [provider, cluster.kubernetes] };
const ingresses = workloads.some(({ affinity }) => affinity === "cookie");
const controller = new LoadBalancerController(
  name,
  { network, cluster, chart: config.controllerChart, ingresses, defaultTags: tags },
  { ...inCluster, dependsOn: cluster.systemPods },
);

const { uri, immutableTags } = config.image;
const { imageUri, repositoryUrl } =
  uri === undefined || settings.buildsImage
    ? new AppImage(
        name,
        {
          context: copyContext("app"),
          image: uri,
          former: lastUp && (await formerImage(stackName())),
          immutableTags,
          forceDelete: !deletionProtection,
        },
        onAws,
      )
    : { imageUri: uri, repositoryUrl: null };

const database = settings.keepsData
  ? new Database(name, { network, cluster, instance: config.database, deletionProtection }, guarded)
  : undefined;

const needs = [controller, ...cluster.workloadPods];
const apps = workloads.map((workload) => {
  const data = keepsData(workload.app) ? database : undefined;
  return new StickyApp(
    workload.app,
    { workload, cluster, image: imageUri, listener, keyRouterImage, databaseUrl: data?.url },
    // The controller creates and deletes the load balancer. Routers wait for replicas, but not for as long as a database takes.
    { ...inCluster, dependsOn: [...needs, ...(data === undefined ? [] : [data])] },
  );
});

/** URL of each workload. */
export const urls = Object.fromEntries(apps.map((app) => [app.name, app.url]));
/** URL of the first workload. */
export const url = apps[0]?.url;
export const clusterName = name;
export const kubeconfig = cluster.kubeconfig;
export { repositoryUrl };
export const vpcId = network.vpcId;
export const updateKubeconfigCommand = `aws eks update-kubeconfig --name ${name} --region ${region}`;
