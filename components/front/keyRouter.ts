import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { APP_PORT } from "../../app/contract/endpoints.ts";
import { sentencesOf, wholeNumberFault, type Fault } from "../../app/contract/fault.ts";
import type { KeyRoute } from "../../app/contract/keyRoute.ts";
import type { Cluster } from "../cluster/fargateCluster.ts";
import { disruptionBudget } from "../workload/disruptionBudget.ts";
import { haproxyConfig, ROUTER_PORT, ROUTER_READINESS_PATH } from "./haproxyConfig.ts";
import { routeFaults } from "./keyRouteFaults.ts";
import { NETWORK_IDLE_SECONDS, type ListenerArgs } from "./nlbAnnotations.ts";
import { FIRST_START_SECONDS, START_SECONDS } from "../workload/startDeadlines.ts";
import { CONFIG_FILE, ROUTER_GRACE_SECONDS, routerPodSpec } from "./routerPod.ts";
import { StickyService } from "./stickyService.ts";

export interface KeyRouterArgs extends Pick<
  ListenerArgs,
  "scheme" | "certificateArn" | "tlsPolicy" | "accessLogsBucket"
> {
  namespace: pulumi.Input<string>;
  /** The cluster that the routers run in. */
  cluster: Pick<Cluster, "podLabels">;
  /** An official image of HAProxy 3.2 or later, which runs as user 99 and stops on SIGUSR1. */
  image: pulumi.Input<string>;
  /** Number of HAProxy pods, 2 or more, USD 9 a month each (us-east-1, 2026-11). @default 2 */
  routerReplicas?: number | undefined;
  /** Which requests have a key, and where in the request it is. */
  routes: readonly KeyRoute[];
  /** Maximum number of the application's replicas. */
  replicas: number;
  /** Labels of the replicas. */
  selector: Record<string, string>;
  /** Port of the replicas. */
  port: number;
  /** Path of the replicas' readiness check. */
  readinessPath: string;
  /** CIDR blocks that may connect. */
  sourceRanges: string[];
  /**
   * Seconds for which a response, a long poll or a WebSocket may be silent, from 60 to 6000; to 350 with a certificate.
   * @default 350
   */
  idleTimeoutSeconds?: number | undefined;
}

/**
 * HAProxy behind a Network Load Balancer, which sends all requests with the same key to the same replica.
 *
 * The replicas are a StatefulSet with the component's name, created after `serviceName`. It must not depend on the component,
 * because the routers become ready only when a replica is.
 */
export class KeyRouter extends pulumi.ComponentResource {
  /** Known when the load balancer exists. */
  readonly namespace: pulumi.Output<string>;
  /** The headless Service that gives each replica a DNS name. */
  readonly serviceName: pulumi.Output<string>;
  /** The name that AWS gives to the load balancer. */
  readonly hostname: pulumi.Output<string>;

  constructor(name: string, args: KeyRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:KeyRouter", name, {}, opts);
    const faults = routerFaults(args);
    if (faults.length > 0) {
      throw new pulumi.ResourceError(sentencesOf(faults), this, true);
    }
    const { idleTimeoutSeconds = NETWORK_IDLE_SECONDS.tls } = args;
    const labels = { "app.kubernetes.io/name": `${name}-router` };
    const front = new StickyService(
      `${name}-router`,
      {
        ...args,
        // Any router will do, because each knows the replica of every key.
        affinity: "none",
        crossZone: true,
        idleTimeoutSeconds,
        proxyProtocol: true,
        readinessPath: ROUTER_READINESS_PATH,
        selector: labels,
        targetPort: ROUTER_PORT.name,
      },
      { parent: this },
    );
    this.namespace = front.namespace;
    this.hostname = front.hostname;
    this.serviceName = this.#names(name, args).metadata.name;
    this.#routers(name, labels, args);
    this.registerOutputs({
      namespace: this.namespace,
      serviceName: this.serviceName,
      hostname: this.hostname,
    });
  }

  /** Gives each replica a DNS name, from before it is ready until it has drained. */
  #names(name: string, { port, selector }: KeyRouterArgs): k8s.core.v1.Service {
    return new k8s.core.v1.Service(
      `${name}-replicas`,
      {
        metadata: {
          name: serviceNameOf(name),
          namespace: this.namespace,
          labels: selector,
          // Pulumi must not wait for endpoints, because the replicas wait for this Service.
          annotations: { "pulumi.com/waitFor": "jsonpath={.spec.clusterIP}" },
        },
        spec: {
          clusterIP: "None",
          // HAProxy checks readiness itself, and a draining replica still has requests to answer.
          publishNotReadyAddresses: true,
          selector,
          ports: [{ name: APP_PORT.name, port, protocol: "TCP" }],
        },
      },
      { parent: this },
    );
  }

  #routers(name: string, labels: Record<string, string>, args: KeyRouterArgs): void {
    const router = `${name}-router`;
    const metadata = { name: router, namespace: this.namespace, labels };
    const selector = { matchLabels: labels };
    const account = new k8s.core.v1.ServiceAccount(
      router,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const config = this.#config(name, labels, args);
    new k8s.apps.v1.Deployment(
      router,
      {
        metadata,
        spec: {
          replicas: args.routerReplicas ?? 2,
          selector,
          strategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 },
          },
          progressDeadlineSeconds: START_SECONDS,
          template: {
            metadata: { labels: { ...args.cluster.podLabels, ...labels } },
            spec: routerPodSpec(args.image, account.metadata.name, config.metadata.name),
          },
        },
      },
      {
        parent: this,
        customTimeouts: {
          create: `${FIRST_START_SECONDS}s`,
          update: `${START_SECONDS}s`,
          delete: `${START_SECONDS + ROUTER_GRACE_SECONDS}s`,
        },
      },
    );
    disruptionBudget(router, metadata, selector, { parent: this });
  }

  /** Named by its content, so another configuration rolls the pods, while old pods keep theirs until they are gone. */
  #config(
    name: string,
    labels: Record<string, string>,
    {
      certificateArn,
      idleTimeoutSeconds = NETWORK_IDLE_SECONDS.tls,
      port,
      readinessPath,
      replicas,
      routes,
    }: KeyRouterArgs,
  ): k8s.core.v1.ConfigMap {
    const config = this.namespace.apply((namespace) =>
      haproxyConfig({
        routes,
        statefulSet: name,
        serviceName: serviceNameOf(name),
        namespace,
        replicas,
        port,
        readinessPath,
        isTls: certificateArn !== undefined,
        idleTimeoutSeconds,
      }),
    );
    const hash = config.apply((text) => createHash("sha256").update(text).digest("hex"));
    return new k8s.core.v1.ConfigMap(
      `${name}-router`,
      {
        metadata: {
          name: pulumi.interpolate`${name}-router-${hash.apply((hex) => hex.slice(0, 10))}`,
          namespace: this.namespace,
          labels,
        },
        immutable: true,
        data: { [CONFIG_FILE]: config },
      },
      { parent: this },
    );
  }
}

function routerFaults(args: KeyRouterArgs): Fault[] {
  const { idleTimeoutSeconds = NETWORK_IDLE_SECONDS.tls, routerReplicas = 2 } = args;
  const maxIdle =
    args.certificateArn === undefined ? NETWORK_IDLE_SECONDS.max : NETWORK_IDLE_SECONDS.tls;
  const numbers = [
    wholeNumberFault("routerReplicas", routerReplicas, 2),
    wholeNumberFault("replicas", args.replicas, 1),
    wholeNumberFault("idleTimeoutSeconds", idleTimeoutSeconds, NETWORK_IDLE_SECONDS.min, maxIdle),
  ];
  return [...numbers.filter((fault) => fault !== undefined), ...routeFaults(args.routes)];
}

function serviceNameOf(name: string): string {
  return `${name}-replicas`;
}
