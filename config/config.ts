import type * as aws from "@pulumi/aws";
import type { ControlPlane } from "../components/cluster/controlPlane.ts";
import type { ChartArgs } from "../components/cluster/loadBalancerController.ts";
import type { Instance } from "../components/databaseInstance.ts";
import type { TlsArgs } from "../components/front/tls.ts";
import type { ListenerSettings } from "../components/stickyApp.ts";
import type { Settings } from "./stackSettings.ts";
import type { WorkloadSecrets } from "./workloadSecrets.ts";
import type { WorkloadSettings } from "./workloadSettings.ts";

/** What a stack has beside its own settings. */
interface StackFacts {
  /** Prefix of the names of all resources. */
  name: string;
  region: aws.Region;
  workloads: readonly WorkloadSettings[];
  /** Secret environment variables by workload. */
  secrets: WorkloadSecrets;
}

/** The settings of a stack, typed and valid, grouped by what they configure; Pulumi.yaml describes each. */
export interface Config extends StackFacts {
  deletionProtection: boolean;
  /** The VPC that the stack creates, unless there is an existing one. */
  network: {
    cidr: string;
    zones: number;
    natGateways: Settings["natGateways"];
    existing: Settings["network"];
  };
  existingCluster: Settings["cluster"];
  controlPlane: ControlPlane;
  logRetentionDays: number;
  controller: Settings["controller"];
  controllerChart: ChartArgs;
  /** The apps' image: one that exists, or how to keep those that are built. */
  image: { uri: string | undefined; immutableTags: boolean };
  database: Instance;
  listener: ListenerSettings;
  /** The certificate of all load balancers, without which each DNS name has one of its own; and the names' zone. */
  tls: Pick<TlsArgs, "certificateArn" | "hostedZoneId">;
  keyRouterImage: string;
  psqlImage: string;
}

/** Groups settings by what they configure. */
export function configOf(facts: StackFacts, settings: Settings): Config {
  return {
    ...facts,
    deletionProtection: settings.deletionProtection,
    network: {
      cidr: settings.vpcCidr,
      zones: settings.zones,
      natGateways: settings.natGateways,
      existing: settings.network,
    },
    existingCluster: settings.cluster,
    controlPlane: {
      kubernetesVersion: settings.kubernetesVersion,
      admins: settings.admins,
      endpointPublicAccess: settings.endpointPublicAccess,
      publicAccessCidrs: settings.publicAccessCidrs,
      privateAccessCidrs: settings.privateAccessCidrs,
      secretsEncryption: settings.secretsEncryption,
      logTypes: settings.controlPlaneLogs,
    },
    logRetentionDays: settings.logRetentionDays,
    controller: settings.controller,
    controllerChart: {
      location: settings.controllerChart,
      version: settings.controllerChartVersion,
    },
    image: { uri: settings.image, immutableTags: settings.immutableTags },
    database: {
      postgresVersion: settings.postgresVersion,
      instanceClass: settings.databaseInstanceClass,
      storageGiB: settings.databaseStorageGiB,
      multiAz: settings.databaseMultiAz,
      backupDays: settings.databaseBackupDays,
      finalSnapshot: settings.databaseFinalSnapshot,
    },
    listener: {
      scheme: settings.scheme,
      sourceRanges: settings.sourceRanges,
      tlsPolicy: settings.tlsPolicy,
      webAclArn: settings.webAclArn,
      accessLogsBucket: settings.accessLogsBucket,
    },
    tls: { certificateArn: settings.certificateArn, hostedZoneId: settings.hostedZoneId },
    keyRouterImage: settings.keyRouterImage,
    psqlImage: settings.psqlImage,
  };
}
