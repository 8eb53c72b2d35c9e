import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import {
  ExistingVpc,
  FargateCluster,
  LoadBalancerController,
  StickyApp,
} from "sockjs-sticky-pulumi";

const config = new pulumi.Config();
const region = new pulumi.Config("aws").require<aws.Region>("region");
const provider = new aws.Provider("apps", { region });
const onAws = { providers: [provider] };

const network = new ExistingVpc("apps", {
  region,
  vpcId: config.require("vpcId"),
  privateSubnetIds: config.requireObject<string[]>("privateSubnetIds"),
  publicSubnetIds: config.requireObject<string[]>("publicSubnetIds"),
});
const cluster = new FargateCluster("apps", { network }, onAws);
const inCluster = { providers: [provider, cluster.kubernetes] };
const controller = new LoadBalancerController(
  "apps",
  { network, cluster },
  // Its pods need what the other pods in kube-system need.
  { ...inCluster, dependsOn: cluster.systemPods },
);

const app = new StickyApp(
  "chat",
  { cluster, image: config.require("image") },
  // The controller creates the load balancer, and must still run when it is deleted.
  { ...inCluster, dependsOn: [controller, ...cluster.workloadPods] },
);

export const url = app.url;
export const kubeconfig = cluster.kubeconfig;
