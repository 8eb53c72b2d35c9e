import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { APP_PORT } from "../../app/contract/endpoints.ts";
import { sentencesOf, wholeNumberFault, type Fault } from "../../app/contract/fault.ts";
import type { KeyRoute } from "../../app/contract/keyRoute.ts";
import { withDefaults, type Complete } from "../defaults.ts";
import { disruptionBudget } from "../workload/disruptionBudget.ts";
import { haproxyConfig, ROUTER_PORT, ROUTER_READINESS_PATH } from "./haproxyConfig.ts";
import { routeFaults } from "./keyRouteFaults.ts";
import { LISTENER_DEFAULTS, listenerFaults } from "./listener.ts";
import { NETWORK_IDLE_SECONDS, type ListenerArgs } from "./nlbAnnotations.ts";
import { FIRST_START_SECONDS, START_SECONDS } from "../workload/startDeadlines.ts";
import { CONFIG_FILE, ROUTER_GRACE_SECONDS, routerPodSpec } from "./routerPod.ts";
import { StickyService } from "./stickyService.ts";

/** The newest image of an LTS version (2026-11), by digest. */
const HAPROXY_IMAGE =
  "public.ecr.aws/docker/library/haproxy:3.4.5-alpine3.24@sha256:7ffdd3845020aa4c97ffaa56c8cab3ad473ecae0b8ea5e55d2378d663755e092";

export interface KeyRouterArgs extends Pick<
  ListenerArgs,
  "scheme" | "sourceRanges" | "readinessPath" | "certificateArn" | "tlsPolicy" | "accessLogsBucket"
> {
  /** Namespace of the routers and of the replicas. */
  namespace: pulumi.Input<string>;
  /** Labels of the routers' pods, in addition to their own, such as those by which a Fargate profile selects them. @default {} */
  podLabels?: Record<string, pulumi.Input<string>> | undefined;
  /**
   * An official image of HAProxy 3.2 or later, which runs as user 99 and stops on SIGUSR1.
   * @default public.ecr.aws/docker/library/haproxy:3.4.5-alpine3.24, by digest
   */
  image?: pulumi.Input<string> | undefined;
  /** Number of HAProxy pods, 2 or more; on Fargate USD 9 a month each (us-east-1, 2026-11). @default 2 */
  routerReplicas?: number | undefined;
  /** Which requests have a key, and where in the request it is. */
  routes: readonly KeyRoute[];
  /** Maximum number of replicas of the StatefulSet, also with an autoscaler. */
  replicas: number;
  /** Labels of the replicas. */
  selector: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** TCP port of the replicas. */
  port: number;
  /**
   * Seconds for which a response, a long poll or a WebSocket may be silent, from 60 to 6000; to 350 with a certificate.
   * @default 350
   */
  idleTimeoutSeconds?: number | undefined;
}

export const ROUTER_DEFAULTS = {
  ...LISTENER_DEFAULTS,
  podLabels: {},
  image: HAPROXY_IMAGE,
  routerReplicas: 2,
} as const satisfies Partial<KeyRouterArgs>;

type Router = Complete<KeyRouterArgs, typeof ROUTER_DEFAULTS>;

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

  /**
   * @param name of the StatefulSet
   * @throws pulumi.ResourceError naming every arg that is wrong, before anything is created
   */
  constructor(name: string, args: KeyRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:KeyRouter", name, {}, opts);
    const all = withDefaults(args, ROUTER_DEFAULTS);
    const faults = routerFaults(all);
    if (faults.length > 0) {
      throw new pulumi.ResourceError(sentencesOf(faults), this, true);
    }
    const labels = { "app.kubernetes.io/name": `${name}-router` };
    const front = new StickyService(
      `${name}-router`,
      {
        namespace: all.namespace,
        scheme: all.scheme,
        sourceRanges: all.sourceRanges,
        certificateArn: all.certificateArn,
        tlsPolicy: all.tlsPolicy,
        accessLogsBucket: all.accessLogsBucket,
        // Any router will do, because each knows the replica of every key.
        affinity: "none",
        crossZone: true,
        // AWS fixes that of a TLS listener; the routers' own may be shorter.
        idleTimeoutSeconds:
          all.certificateArn === undefined ? all.idleTimeoutSeconds : NETWORK_IDLE_SECONDS.tls,
        proxyProtocol: true,
        readinessPath: ROUTER_READINESS_PATH,
        selector: labels,
        targetPort: ROUTER_PORT.name,
      },
      { parent: this },
    );
    this.namespace = front.namespace;
    this.hostname = front.hostname;
    this.serviceName = this.#names(name, all).metadata.name;
    this.#routers(name, labels, all);
    this.registerOutputs({
      namespace: this.namespace,
      serviceName: this.serviceName,
      hostname: this.hostname,
    });
  }

  /** Gives each replica a DNS name, from before it is ready until it has drained. */
  #names(name: string, { port, selector }: Router): k8s.core.v1.Service {
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

  #routers(name: string, labels: Record<string, string>, args: Router): void {
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
          replicas: args.routerReplicas,
          selector,
          strategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 },
          },
          progressDeadlineSeconds: START_SECONDS,
          template: {
            metadata: { labels: { ...args.podLabels, ...labels } },
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
    { certificateArn, idleTimeoutSeconds, port, readinessPath, replicas, routes }: Router,
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

function routerFaults(args: Router): Fault[] {
  const { idleTimeoutSeconds, routerReplicas } = args;
  const maxIdle =
    args.certificateArn === undefined ? NETWORK_IDLE_SECONDS.max : NETWORK_IDLE_SECONDS.tls;
  const numbers = [
    wholeNumberFault("routerReplicas", routerReplicas, 2),
    wholeNumberFault("replicas", args.replicas, 1),
    wholeNumberFault("port", args.port, 1, 65_535),
    wholeNumberFault("idleTimeoutSeconds", idleTimeoutSeconds, NETWORK_IDLE_SECONDS.min, maxIdle),
  ];
  return [
    ...numbers.filter((fault) => fault !== undefined),
    ...listenerFaults(args),
    ...routeFaults(args.routes),
  ];
}

function serviceNameOf(name: string): string {
  return `${name}-replicas`;
}
