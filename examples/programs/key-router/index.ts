import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { KeyRouter } from "sockjs-sticky-pulumi/front";

// Uses the cluster of your kubeconfig, in which the AWS Load Balancer Controller runs.
const labels = { app: "rooms" };
const replicas = 3;
const port = 80;
const namespace = new k8s.core.v1.Namespace("rooms", {
  metadata: {
    name: "rooms",
    // Routers count as ready only when the load balancer sends to them.
    labels: { "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled" },
  },
});

const router = new KeyRouter("rooms", {
  namespace: namespace.metadata.name,
  selector: labels,
  replicas,
  port,
  // GET /rooms/42 and everything below it reach the replica of room 42.
  routes: [{ path: "/rooms", key: { from: "path" } }],
});

new k8s.apps.v1.StatefulSet("rooms", {
  // The component's name, by which routers find the replicas.
  metadata: { name: "rooms", namespace: namespace.metadata.name },
  spec: {
    replicas,
    // Comes before the replicas. The routers themselves come after them, so do not depend on the component.
    serviceName: router.serviceName,
    selector: { matchLabels: labels },
    podManagementPolicy: "Parallel",
    // Time for routers to find a replica before the next one is replaced.
    minReadySeconds: 15,
    template: {
      metadata: { labels },
      spec: {
        // Routers send requests for some more seconds to a replica that stops.
        terminationGracePeriodSeconds: 45,
        containers: [
          {
            name: "rooms",
            image: "public.ecr.aws/docker/library/nginx:stable",
            ports: [{ name: "http", containerPort: port }],
            readinessProbe: { httpGet: { path: "/", port: "http" } },
            lifecycle: { preStop: { sleep: { seconds: 15 } } },
          },
        ],
      },
    },
  },
});

export const url = pulumi.interpolate`http://${router.hostname}`;
