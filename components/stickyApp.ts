import { CATALOGUE, type AppName, type RoutedApp } from "../app/contract/catalogue.ts";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { APP_PORT, READINESS_PATH } from "../app/contract/endpoints.ts";
import type { Cluster } from "./cluster/fargateCluster.ts";
import { dnsAlias } from "./front/dnsAlias.ts";
import { KeyRouter } from "./front/keyRouter.ts";
import { StickyIngress } from "./front/stickyIngress.ts";
import { StickyService } from "./front/stickyService.ts";
import { Workload } from "./workload/workload.ts";
import { workloadNamespace } from "./workload/workloadNamespace.ts";

/** Settings of load balancers, which all workloads of a stack share. */
export interface ListenerSettings {
  /** Whether load balancers are reachable from the internet or only from the VPC. */
  scheme: "internet-facing" | "internal";
  /** CIDR blocks whose clients may connect. */
  sourceRanges: string[];
  /** ARN of an ACM certificate, with which load balancers terminate TLS. @default - no TLS */
  certificateArn?: string | undefined;
  /** Security policy of TLS listeners. */
  tlsPolicy: string;
  /** ARN of a regional web ACL of AWS WAF for Application Load Balancers. @default - none */
  webAclArn?: string | undefined;
  /** Route 53 hosted zone of the workloads' DNS names. @default - workloads have AWS's own names */
  hostedZoneId?: string | undefined;
  /** S3 bucket for access logs. @default - none */
  accessLogsBucket?: string | undefined;
}

interface ReplicaSettings {
  /** Number of replicas; the minimum if there is an autoscaler. */
  replicas: number;
  /** Maximum number of replicas, for an autoscaler. @default - no autoscaler */
  maxReplicas?: number | undefined;
  /** Seconds for which a pod still accepts new connections after SIGTERM. */
  drainSeconds: number;
  /** vCPU of a pod in thousandths. Fargate supports certain sizes only. */
  cpuMillicores: number;
  /** Memory of a pod in MiB. */
  memoryMiB: number;
  /** DNS name in the listener's hosted zone. @default - AWS's own name */
  dnsName?: string | undefined;
  /** Origins of other sites whose pages may use the app. @default - none */
  allowedOrigins?: readonly string[] | undefined;
}

/** An app whose connections are balanced. */
interface ConnectionWorkload extends ReplicaSettings {
  app: Exclude<AppName, RoutedApp>;
  affinity: "source-ip" | "none";
  /** Whether the load balancer's nodes send to replicas in all zones. */
  crossZone: boolean;
  /** Seconds without data after which a TCP connection is closed; TLS listeners have 350. */
  idleTimeoutSeconds: number;
}

/** An app whose requests are routed one by one. */
interface RequestWorkload extends ReplicaSettings {
  app: RoutedApp;
  affinity: "cookie" | "key";
  /** Creations a second that a pod accepts from one address. @default - the app's own default */
  maxCreationsPerSecond?: number | undefined;
}

export interface StickyAppArgs {
  workload: ConnectionWorkload | RequestWorkload;
  image: pulumi.Input<string>;
  cluster: Pick<Cluster, "podLabels" | "metricsServer">;
  listener: ListenerSettings;
  /** Image of HAProxy 3.2 or later, for affinity `key`. */
  keyRouterImage: pulumi.Input<string>;
  /** URL of the database, secret. @default - the app stores nothing */
  databaseUrl?: pulumi.Input<string> | undefined;
}

/** What a workload needs from the load balancer in front of it. */
interface Front {
  /** Known when the load balancer exists, because the pods' readiness gates need its target group. */
  namespace: pulumi.Output<string>;
  hostname: pulumi.Output<string>;
  /** The headless Service that gives the replicas stable names, if they need them. */
  serviceName?: pulumi.Output<string>;
}

/** An app's replicas behind the load balancer that its affinity requires. */
export class StickyApp extends pulumi.ComponentResource {
  readonly name: string;
  /** Known when the replicas are ready to answer. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: StickyAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:StickyApp", name, {}, opts);
    this.name = name;
    const { cluster, databaseUrl, image, listener, workload } = args;
    const labels = { "app.kubernetes.io/name": name };
    // Owned by the app, so changing the affinity, and thereby the front, keeps it.
    const namespace = workloadNamespace(name, { parent: this });
    const front = this.#front(name, args, labels, namespace.metadata.name);
    const secret =
      databaseUrl === undefined
        ? undefined
        : new k8s.core.v1.Secret(
            `${name}-database`,
            {
              // Pulumi chooses the name, and another one for other contents, which rolls the pods.
              metadata: { namespace: front.namespace, labels },
              stringData: { DATABASE_URL: databaseUrl },
            },
            { parent: this },
          );
    const replicas = new Workload(
      name,
      {
        namespace: front.namespace,
        labels,
        cluster,
        app: workload.app,
        image,
        replicas: workload.replicas,
        maxReplicas: workload.maxReplicas,
        drainSeconds: workload.drainSeconds,
        size: { cpuMillicores: workload.cpuMillicores, memoryMiB: workload.memoryMiB },
        allowedOrigins: workload.allowedOrigins,
        maxCreationsPerSecond:
          "maxCreationsPerSecond" in workload ? workload.maxCreationsPerSecond : undefined,
        serviceName: front.serviceName,
        secretName: secret?.metadata.name,
      },
      { parent: this },
    );
    const host = dnsAlias(
      name,
      { dnsName: workload.dnsName, hostedZoneId: listener.hostedZoneId },
      {
        type: workload.affinity === "cookie" ? "application" : "network",
        hostname: front.hostname,
      },
      { parent: this },
    );
    const scheme = listener.certificateArn === undefined ? "http" : "https";
    // The dependency on the replicas makes users of the URL wait for them.
    this.url = pulumi.all([host, replicas.urn]).apply(([each]) => `${scheme}://${each}`);
    this.registerOutputs({ url: this.url });
  }

  #front(
    name: string,
    { cluster, workload, listener, keyRouterImage }: StickyAppArgs,
    selector: Record<string, string>,
    namespace: pulumi.Output<string>,
  ): Front {
    const common = {
      namespace,
      selector,
      readinessPath: READINESS_PATH,
      scheme: listener.scheme,
      sourceRanges: listener.sourceRanges,
      certificateArn: listener.certificateArn,
      tlsPolicy: listener.tlsPolicy,
      accessLogsBucket: listener.accessLogsBucket,
    };
    const inParent = { parent: this };
    const targetPort = APP_PORT.name;
    switch (workload.affinity) {
      case "cookie": {
        const { cookie, idleTimeoutSeconds } = CATALOGUE[workload.app].routing;
        const { webAclArn } = listener;
        const routed = { targetPort, webAclArn, cookie, idleTimeoutSeconds };
        return new StickyIngress(name, { ...common, ...routed }, inParent);
      }
      case "key": {
        const { keyRoutes: routes } = CATALOGUE[workload.app].routing;
        const replicas = workload.maxReplicas ?? workload.replicas;
        const routed = { cluster, image: keyRouterImage, routes, replicas };
        return new KeyRouter(name, { ...common, ...routed }, inParent);
      }
      default: {
        const { affinity, crossZone, idleTimeoutSeconds } = workload;
        const connected = { targetPort, affinity, crossZone, idleTimeoutSeconds };
        return new StickyService(name, { ...common, ...connected }, inParent);
      }
    }
  }
}
