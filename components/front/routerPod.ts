import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { containerResources } from "../workload/fargateSize.ts";
import { CONTAINER_SECURITY, podSecurity } from "../workload/restricted.ts";
import { HARD_STOP_SECONDS, PROBE_PORT, ROUTER_PORT } from "./haproxyConfig.ts";

/** The load balancer keeps sending new connections for about two minutes after a router was deregistered. */
const PRE_STOP_SECONDS = 150;

/** Seconds of the grace period that remain when HAProxy has stopped. */
const MARGIN_SECONDS = 15;

/** Seconds from SIGTERM until a router may be killed. */
export const ROUTER_GRACE_SECONDS = PRE_STOP_SECONDS + HARD_STOP_SECONDS + MARGIN_SECONDS;

/** Seconds for which a router waits for the first replica before it is restarted. */
const STARTUP_SECONDS = 1200;
const STARTUP_PERIOD_SECONDS = 2;

/** Seconds in which a router finds and checks all replicas. */
const DISCOVERY_SECONDS = 10;

const SIZE = { cpuMillicores: 250, memoryMiB: 512 };

/** The image's user, which has no rights. */
const USER = 99;

const CONFIG_FOLDER = "/usr/local/etc/haproxy";

/** The entry of the ConfigMap with the configuration. */
export const CONFIG_FILE = "haproxy.cfg";

/** A pod of HAProxy under the Pod Security Standard `restricted`. */
export function routerPodSpec(
  image: pulumi.Input<string>,
  serviceAccountName: pulumi.Input<string>,
  configMapName: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  const probe = (path: string) => ({
    httpGet: { path, port: PROBE_PORT.name },
    timeoutSeconds: 5,
  });
  const ports = [ROUTER_PORT, PROBE_PORT];
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: ROUTER_GRACE_SECONDS,
    securityContext: podSecurity(USER),
    containers: [
      {
        name: "haproxy",
        image,
        // The image's own command adds a master process, which is for configurations that change in place.
        command: ["haproxy", "-db", "-f", `${CONFIG_FOLDER}/${CONFIG_FILE}`],
        ports: ports.map(({ name, number }) => ({ name, containerPort: number })),
        volumeMounts: [{ name: "config", mountPath: CONFIG_FOLDER, readOnly: true }],
        resources: containerResources(SIZE),
        lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } },
        // A router has started once it has found a replica. One that loses all of them later stays registered and answers 503.
        startupProbe: {
          ...probe("/readyz"),
          initialDelaySeconds: DISCOVERY_SECONDS,
          periodSeconds: STARTUP_PERIOD_SECONDS,
          failureThreshold: STARTUP_SECONDS / STARTUP_PERIOD_SECONDS,
        },
        readinessProbe: { ...probe("/healthz"), periodSeconds: 5, failureThreshold: 2 },
        livenessProbe: { ...probe("/healthz"), periodSeconds: 10, failureThreshold: 6 },
        securityContext: CONTAINER_SECURITY,
      },
    ],
    volumes: [{ name: "config", configMap: { name: configMapName } }],
  };
}
