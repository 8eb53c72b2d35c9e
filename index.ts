import { fileURLToPath } from "node:url";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { AppImage } from "./components/appImage.ts";
import { FargateCluster } from "./components/fargateCluster.ts";
import { LoadBalancerController } from "./components/loadBalancerController.ts";
import { StickyService } from "./components/stickyService.ts";
import { Vpc } from "./components/vpc.ts";
import { APP_PORT, Workload } from "./components/workload.ts";
import { eksZones } from "./components/zones.ts";
import { loadConfig } from "./config.ts";

const config = loadConfig();
const { name, region } = config;
const tags = { project: pulumi.getProject(), stack: pulumi.getStack(), "managed-by": "pulumi" };
const provider = new aws.Provider(name, { region, defaultTags: { tags } });
const onAws = { providers: [provider] };
const guarded = { ...onAws, protect: config.deletionProtection };

const echo = { name: "echo", labels: { "app.kubernetes.io/name": "echo" }, readiness: "/readyz" };

const zones = await eksZones(config.zones, { provider });
const vpc = new Vpc(name, { ...config, cidr: config.vpcCidr, zones }, guarded);
const cluster = new FargateCluster(
  name,
  {
    ...config,
    vpcId: vpc.vpcId,
    privateSubnetIds: vpc.privateSubnetIds,
    publicSubnetIds: vpc.publicSubnetIds,
    namespaces: [echo.name],
    metricsServer: config.maxReplicas !== undefined,
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
    defaultTags: tags,
  },
  // The logs of its pods are kept only if logging is there before them.
  { ...inCluster, dependsOn: cluster },
);

const context = fileURLToPath(new URL("app", import.meta.url));
const forceDelete = !config.deletionProtection;
const appImage =
  config.image === undefined
    ? new AppImage(name, { ...config, context, forceDelete }, onAws)
    : undefined;

const service = new StickyService(
  echo.name,
  { ...config, selector: echo.labels, targetPort: APP_PORT.name, readinessPath: echo.readiness },
  // The controller makes its load balancer, and is there until it has deleted it.
  { ...inCluster, dependsOn: controller },
);
const workload = new Workload(
  echo.name,
  {
    ...config,
    // Known when the Service is there: the readiness gate of the pods needs its target group.
    namespace: service.namespace,
    labels: echo.labels,
    image: appImage?.imageUri ?? config.image ?? "",
    size: config,
    readinessPath: echo.readiness,
  },
  inCluster,
);

/** URL of each workload. */
export const urls = { [echo.name]: service.url };
/** URL of the echo app; it answers when the workload is there. */
export const url = pulumi.all([service.url, workload.urn]).apply(([each]) => each);
export const clusterName = name;
export const kubeconfig = cluster.kubeconfig;
export const repositoryUrl = appImage?.repositoryUrl;
export const vpcId = vpc.vpcId;
export const namespace = service.namespace;
export const updateKubeconfigCommand = `aws eks update-kubeconfig --name ${name} --region ${region}`;
