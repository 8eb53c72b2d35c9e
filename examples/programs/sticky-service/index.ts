import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { StickyService } from "sockjs-sticky-pulumi/front";

// Uses the cluster of your kubeconfig, in which the AWS Load Balancer Controller runs.
const labels = { app: "echo" };
const namespace = new k8s.core.v1.Namespace("echo", {
  metadata: {
    name: "echo",
    // Pods count as ready only when the load balancer sends to them.
    labels: { "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled" },
  },
});

const front = new StickyService("echo", {
  namespace: namespace.metadata.name,
  selector: labels,
  targetPort: "http",
});

new k8s.apps.v1.Deployment("echo", {
  metadata: {
    name: "echo",
    // That of the load balancer, so it exists before the pods and gives them its readiness gate.
    namespace: front.namespace,
  },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    // Every change of the replicas may reset affinity, so all change at once.
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 } },
    template: {
      metadata: { labels },
      spec: {
        // The load balancer sends new connections for another two minutes to a pod that stops.
        terminationGracePeriodSeconds: 180,
        containers: [
          {
            name: "echo",
            image: "public.ecr.aws/docker/library/nginx:stable",
            ports: [{ name: "http", containerPort: 80 }],
            readinessProbe: { httpGet: { path: "/", port: "http" } },
            lifecycle: { preStop: { sleep: { seconds: 150 } } },
          },
        ],
      },
    },
  },
});

export const url = pulumi.interpolate`http://${front.hostname}`;
