import type { Affinity } from "../app/contract/catalogue.ts";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { APP_PORT } from "../app/contract/endpoints.ts";
import type { StickyCookie } from "../app/contract/httpRouting.ts";
import type { KeyRoute } from "../app/contract/keyRoute.ts";
import type { Cluster } from "./cluster/fargateCluster.ts";
import { dnsAlias } from "./front/dnsAlias.ts";
import type { FailoverRole } from "./front/failover.ts";
import { KeyRouter } from "./front/keyRouter.ts";
import { StickyIngress } from "./front/stickyIngress.ts";
import { StickyService } from "./front/stickyService.ts";
import type { PodArgs } from "./workload/podSpec.ts";
import { Workload } from "./workload/workload.ts";
import { workloadNamespace } from "./workload/workloadNamespace.ts";

/** Settings of load balancers, which all workloads of a stack share. */
export interface ListenerSettings {
  /** Whether load balancers are reachable from the internet or only from the VPC. */
  scheme: "internet-facing" | "internal";
  /** CIDR blocks whose clients may connect. */
  sourceRanges: string[];
  /** Security policy of TLS listeners. */
  tlsPolicy: string;
  /** ARN of a regional web ACL of AWS WAF for Application Load Balancers. @default - none */
  webAclArn?: string | undefined;
  /** S3 bucket for access logs. @default - none */
  accessLogsBucket?: string | undefined;
}

/** A server behind a load balancer, whatever its image. */
export interface WorkloadSpec extends Omit<
  PodArgs,
  "image" | "environment" | "secretNames" | "size"
> {
  /** What stays on one replica. */
  affinity: Affinity;
  /** Number of replicas; the minimum if there is an autoscaler. */
  replicas: number;
  /** Maximum number of replicas, for an autoscaler. @default - no autoscaler */
  maxReplicas?: number | undefined;
  /** vCPU of a pod in thousandths. Fargate supports certain sizes only. */
  cpuMillicores: number;
  /** Memory of a pod in MiB. */
  memoryMiB: number;
  /** DNS name in the hosted zone. @default - AWS's own name */
  dnsName?: string | undefined;
  /** Role of this load balancer if two share the DNS name. @default - it is the only one */
  routing?: { failover: FailoverRole } | undefined;
  /** The cookie by which affinity `cookie` keeps a browser on its replica. */
  cookie: StickyCookie;
  /** Where the key of a request is, for affinity `key`. */
  keys?: readonly KeyRoute[] | undefined;
  /** Whether a Network Load Balancer's nodes send to replicas in all zones. */
  crossZone: boolean;
  /** Seconds without data after which a connection is closed; TLS listeners of Network Load Balancers have 350. */
  idleTimeoutSeconds: number;
}

export interface StickyAppArgs {
  workload: WorkloadSpec;
  image: pulumi.Input<string>;
  /** Environment variables, in addition to those of every replica. */
  environment: Readonly<Record<string, string>>;
  /** Secret environment variables. @default - none */
  secrets?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  cluster: Pick<Cluster, "podLabels" | "metricsServer">;
  listener: ListenerSettings;
  /** ARN of an ACM certificate, with which the load balancer terminates TLS. @default - no TLS */
  certificateArn?: pulumi.Input<string> | undefined;
  /** Route 53 hosted zone of the workload's DNS name. @default - it has AWS's own name */
  hostedZoneId?: string | undefined;
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
    const { cluster, databaseUrl, environment, image, secrets, workload } = args;
    const database = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
    const labels = { "app.kubernetes.io/name": name };
    // Owned by the app, so changing the affinity, and thereby the front, keeps it.
    const namespace = workloadNamespace(name, { parent: this });
    const front = this.#front(name, args, labels, namespace.metadata.name);
    const secretNames = [
      ...this.#secret(`${name}-database`, front, labels, database),
      ...this.#secret(`${name}-secrets`, front, labels, secrets ?? {}),
    ];
    const replicas = new Workload(
      name,
      {
        namespace: front.namespace,
        labels,
        cluster,
        image,
        command: workload.command,
        port: workload.port,
        readinessPath: workload.readinessPath,
        livenessPath: workload.livenessPath,
        environment,
        secretNames,
        user: workload.user,
        writableFolders: workload.writableFolders,
        replicas: workload.replicas,
        maxReplicas: workload.maxReplicas,
        drainSeconds: workload.drainSeconds,
        shutdown: workload.shutdown,
        size: { cpuMillicores: workload.cpuMillicores, memoryMiB: workload.memoryMiB },
        serviceName: front.serviceName,
      },
      { parent: this },
    );
    const host = dnsAlias(
      name,
      {
        dnsName: workload.dnsName,
        hostedZoneId: args.hostedZoneId,
        failover: workload.routing?.failover,
      },
      {
        type: workload.affinity === "cookie" ? "application" : "network",
        hostname: front.hostname,
      },
      { parent: this },
    );
    const scheme = args.certificateArn === undefined ? "http" : "https";
    // The dependency on the replicas makes users of the URL wait for them.
    this.url = pulumi.all([host, replicas.urn]).apply(([each]) => `${scheme}://${each}`);
    this.registerOutputs({ url: this.url });
  }

  /** Name of a Secret of environment variables, if there are any. */
  #secret(
    name: string,
    { namespace }: Front,
    labels: Record<string, string>,
    stringData: Readonly<Record<string, pulumi.Input<string>>>,
  ): pulumi.Output<string>[] {
    if (Object.keys(stringData).length === 0) {
      return [];
    }
    // Pulumi chooses the name, and another one for other contents, which rolls the pods.
    const metadata = { namespace, labels };
    const secret = new k8s.core.v1.Secret(name, { metadata, stringData }, { parent: this });
    return [secret.metadata.name];
  }

  #front(
    name: string,
    { certificateArn, cluster, workload, listener, keyRouterImage }: StickyAppArgs,
    selector: Record<string, string>,
    namespace: pulumi.Output<string>,
  ): Front {
    const common = {
      namespace,
      selector,
      readinessPath: workload.readinessPath,
      scheme: listener.scheme,
      sourceRanges: listener.sourceRanges,
      certificateArn,
      tlsPolicy: listener.tlsPolicy,
      accessLogsBucket: listener.accessLogsBucket,
    };
    const inParent = { parent: this };
    const targetPort = APP_PORT.name;
    const { crossZone, idleTimeoutSeconds } = workload;
    switch (workload.affinity) {
      case "cookie": {
        const { webAclArn } = listener;
        const routed = { targetPort, webAclArn, cookie: workload.cookie, idleTimeoutSeconds };
        return new StickyIngress(name, { ...common, ...routed }, inParent);
      }
      case "key": {
        const replicas = workload.maxReplicas ?? workload.replicas;
        const { keys: routes = [], port } = workload;
        const routed = {
          podLabels: cluster.podLabels,
          image: keyRouterImage,
          routes,
          replicas,
          port,
          idleTimeoutSeconds,
        };
        return new KeyRouter(name, { ...common, ...routed }, inParent);
      }
      default: {
        const { affinity } = workload;
        const connected = { targetPort, affinity, crossZone, idleTimeoutSeconds };
        return new StickyService(name, { ...common, ...connected }, inParent);
      }
    }
  }
}
