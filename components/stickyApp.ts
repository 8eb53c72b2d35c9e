import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { APP_PORT } from "../app/contract/endpoints.ts";
import { sentencesOf, type Fault } from "../app/contract/fault.ts";
import type { Cluster } from "./cluster/fargateCluster.ts";
import { withDefaults } from "./defaults.ts";
import { dnsAlias } from "./front/dnsAlias.ts";
import { KeyRouter } from "./front/keyRouter.ts";
import { tlsIdleFault } from "./front/nlbAnnotations.ts";
import { StickyIngress } from "./front/stickyIngress.ts";
import { StickyService } from "./front/stickyService.ts";
import { dnsFault } from "./front/tls.ts";
import { Workload } from "./workload/workload.ts";
import { workloadNamespace } from "./workload/workloadNamespace.ts";
import {
  WORKLOAD_DEFAULTS,
  workloadFaults,
  type CompleteWorkload,
  type WorkloadSpec,
} from "./workload/workloadSpec.ts";

/** Settings of load balancers, which all workloads of a stack share. */
export interface ListenerSettings {
  /** Whether clients reach load balancers from the internet, or only from the VPC. @default internet-facing */
  scheme?: "internet-facing" | "internal" | undefined;
  /** CIDR blocks that may connect, at least one. @default ["0.0.0.0/0"] */
  sourceRanges?: readonly string[] | undefined;
  /** Security policy of TLS listeners. @default ELBSecurityPolicy-TLS13-1-2-2021-06 */
  tlsPolicy?: pulumi.Input<string> | undefined;
  /** ARN of a regional web ACL of AWS WAF for Application Load Balancers. @default - none */
  webAclArn?: pulumi.Input<string> | undefined;
  /** S3 bucket for access logs. @default - none */
  accessLogsBucket?: string | undefined;
}

export interface StickyAppArgs {
  /** The server and its affinity. @default - a server on port 8080 with affinity `source-ip` */
  workload?: WorkloadSpec | undefined;
  /** Image of the server, for linux/amd64. */
  image: pulumi.Input<string>;
  /** Environment variables, in addition to those of every replica. @default {} */
  environment?: Readonly<Record<string, string>> | undefined;
  /** Secret environment variables. @default - none */
  secrets?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** The cluster that the replicas run in. */
  cluster: Pick<Cluster, "podLabels" | "metricsServer">;
  /** Settings of the load balancer. @default {} */
  listener?: ListenerSettings | undefined;
  /** ARN of an ACM certificate, with which the load balancer terminates TLS. @default - no TLS */
  certificateArn?: pulumi.Input<string> | undefined;
  /** Route 53 hosted zone of the workload's DNS name. @default - it has AWS's own name */
  hostedZoneId?: string | undefined;
  /** Image of HAProxy 3.2 or later, for affinity `key`. @default - that of `KeyRouter` */
  keyRouterImage?: pulumi.Input<string> | undefined;
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

/**
 * An app's replicas behind the load balancer that its affinity requires, in a namespace with the app's name. It must depend on the
 * load balancer controller, which creates and deletes the load balancer, and on what the cluster's pods need.
 */
export class StickyApp extends pulumi.ComponentResource {
  /** Name of the app. */
  readonly name: string;
  /** URL of the load balancer. Known when the replicas are ready to answer. */
  readonly url: pulumi.Output<string>;

  /**
   * @param name of the app, its namespace and its objects: a DNS label
   * @throws pulumi.ResourceError naming every setting that is wrong, before anything is created
   */
  constructor(name: string, args: StickyAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:StickyApp", name, {}, opts);
    this.name = name;
    const { cluster, databaseUrl, environment = {}, image, secrets = {} } = args;
    const workload = withDefaults(args.workload ?? {}, WORKLOAD_DEFAULTS);
    const faults = [...workloadFaults(workload), ...listenerFaults(workload, args)];
    if (faults.length > 0) {
      throw new pulumi.ResourceError(sentencesOf(faults), this, true);
    }
    const database = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
    const labels = { "app.kubernetes.io/name": name };
    // Owned by the app, so changing the affinity, and thereby the front, keeps it.
    const namespace = workloadNamespace(name, { parent: this });
    const front = this.#front(name, args, workload, labels, namespace.metadata.name);
    const secretNames = [
      ...this.#secret(`${name}-database`, front, labels, database),
      ...this.#secret(`${name}-secrets`, front, labels, secrets),
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
    { certificateArn, cluster, listener = {}, keyRouterImage }: StickyAppArgs,
    workload: CompleteWorkload,
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

/** What is wrong between a workload and its load balancer. */
function listenerFaults(
  { affinity, dnsName, idleTimeoutSeconds }: CompleteWorkload,
  { certificateArn, hostedZoneId }: StickyAppArgs,
): Fault[] {
  const isNetworkTls = certificateArn !== undefined && affinity !== "cookie";
  return [
    dnsFault({ dnsName, hostedZoneId }),
    isNetworkTls ? tlsIdleFault(idleTimeoutSeconds, affinity) : undefined,
  ].filter((fault) => fault !== undefined);
}
