import { CATALOGUE } from "../app/contract/catalogue.ts";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { APP_PORT, READINESS_PATH } from "../app/contract/endpoints.ts";
import type { Settings } from "../config/stackSettings.ts";
import type { WorkloadSettings } from "../config/workloads.ts";
import { dnsAlias } from "./front/dnsAlias.ts";
import { KeyRouter } from "./front/keyRouter.ts";
import { StickyIngress } from "./front/stickyIngress.ts";
import { StickyService } from "./front/stickyService.ts";
import { Workload } from "./workload/workload.ts";
import { workloadNamespace } from "./workload/workloadNamespace.ts";

/** What all workloads of a stack share. */
type StackSettings = Pick<
  Settings,
  | "scheme"
  | "sourceRanges"
  | "certificateArn"
  | "tlsPolicy"
  | "webAclArn"
  | "hostedZoneId"
  | "accessLogsBucket"
  | "keyRouterImage"
>;

export interface StickyAppArgs extends StackSettings {
  workload: WorkloadSettings;
  image: pulumi.Input<string>;
  /** URL of the database, secret. @default - the app keeps nothing */
  databaseUrl?: pulumi.Input<string> | undefined;
}

/** What a workload needs of the load balancer in front of it. */
interface Front {
  /** Known when the load balancer is there: the pods' readiness gates need its target group. */
  namespace: pulumi.Output<string>;
  hostname: pulumi.Output<string>;
  /** The headless Service that names the replicas, where they need stable names. */
  serviceName?: pulumi.Output<string>;
}

/** An app's replicas behind the load balancer that its affinity needs. */
export class StickyApp extends pulumi.ComponentResource {
  /** It answers when the replicas are there. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: StickyAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sockjs-sticky:index:StickyApp", name, {}, opts);
    const { databaseUrl, image, workload } = args;
    const labels = { "app.kubernetes.io/name": name };
    // Not of what is in front of the replicas: it stays when another kind of affinity is chosen.
    const namespace = workloadNamespace(name, { parent: this });
    const front = this.#front(name, args, labels, namespace.metadata.name);
    const secret =
      databaseUrl === undefined
        ? undefined
        : new k8s.core.v1.Secret(
            `${name}-database`,
            {
              // No name of its own: Pulumi gives another one to other contents, which rolls the pods.
              metadata: { namespace: front.namespace, labels },
              stringData: { DATABASE_URL: databaseUrl },
            },
            { parent: this },
          );
    const replicas = new Workload(
      name,
      {
        ...workload,
        namespace: front.namespace,
        labels,
        image,
        size: workload,
        serviceName: front.serviceName,
        secretName: secret?.metadata.name,
      },
      { parent: this },
    );
    const { certificateArn, hostedZoneId } = args;
    const { affinity, dnsName } = workload;
    const host = dnsAlias(
      name,
      { dnsName, hostedZoneId },
      { type: affinity === "cookie" ? "application" : "network", hostname: front.hostname },
      { parent: this },
    );
    const origin = pulumi.interpolate`${certificateArn === undefined ? "http" : "https"}://${host}`;
    this.url = pulumi.all([origin, replicas.urn]).apply(([url]) => url);
    this.registerOutputs({ url: this.url });
  }

  #front(
    name: string,
    args: StickyAppArgs,
    labels: Record<string, string>,
    namespace: pulumi.Output<string>,
  ): Front {
    const { workload } = args;
    const common = {
      ...args,
      namespace,
      selector: labels,
      targetPort: APP_PORT.name,
      readinessPath: READINESS_PATH,
    };
    switch (workload.affinity) {
      case "cookie":
        return new StickyIngress(
          name,
          { ...common, ...CATALOGUE[workload.app].routing },
          { parent: this },
        );
      case "key":
        return new KeyRouter(
          name,
          {
            ...common,
            image: args.keyRouterImage,
            routes: CATALOGUE[workload.app].routing.keyRoutes,
            replicas: workload.maxReplicas ?? workload.replicas,
          },
          { parent: this },
        );
      default:
        return new StickyService(name, { ...common, ...workload }, { parent: this });
    }
  }
}
