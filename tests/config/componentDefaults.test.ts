import { deepEqual } from "node:assert/strict";
import { CONTROL_PLANE_DEFAULTS } from "../../components/cluster/controlPlane.ts";
import { CLUSTER_DEFAULTS } from "../../components/cluster/fargateCluster.ts";
import { CONTROLLER_DEFAULTS } from "../../components/cluster/loadBalancerController.ts";
import { INSTANCE_DEFAULTS } from "../../components/databaseInstance.ts";
import { ROUTER_DEFAULTS } from "../../components/front/keyRouter.ts";
import { LISTENER_DEFAULTS } from "../../components/front/listener.ts";
import { VPC_DEFAULTS } from "../../components/network/vpc.ts";
import { declarations } from "../mocks/stackConfig.ts";

/** Default of a setting by Pulumi.yaml, which cannot import it. */
function declared(setting: string): unknown {
  return declarations()[setting]?.default;
}

describe("defaults of components", () => {
  it("are those of the settings in Pulumi.yaml", () => {
    deepEqual(
      {
        vpcCidr: declared("vpcCidr"),
        natGateways: declared("natGateways"),
        keyRouterImage: declared("keyRouterImage"),
        logRetentionDays: declared("logRetentionDays"),
        deletionProtection: declared("deletionProtection"),
        scheme: declared("scheme"),
        sourceRanges: declared("sourceRanges"),
        tlsPolicy: declared("tlsPolicy"),
      },
      {
        vpcCidr: VPC_DEFAULTS.cidr,
        natGateways: VPC_DEFAULTS.natGateways,
        keyRouterImage: ROUTER_DEFAULTS.image,
        logRetentionDays: CLUSTER_DEFAULTS.logRetentionDays,
        deletionProtection: CLUSTER_DEFAULTS.deletionProtection,
        scheme: LISTENER_DEFAULTS.scheme,
        sourceRanges: LISTENER_DEFAULTS.sourceRanges,
        tlsPolicy: LISTENER_DEFAULTS.tlsPolicy,
      },
    );
    deepEqual(CONTROL_PLANE_DEFAULTS, {
      kubernetesVersion: declared("kubernetesVersion"),
      admins: declared("admins"),
      endpointPublicAccess: declared("endpointPublicAccess"),
      publicAccessCidrs: declared("publicAccessCidrs"),
      privateAccessCidrs: declared("privateAccessCidrs"),
      secretsEncryption: declared("secretsEncryption"),
      logTypes: declared("controlPlaneLogs"),
    });
    deepEqual(INSTANCE_DEFAULTS, {
      postgresVersion: declared("postgresVersion"),
      instanceClass: declared("databaseInstanceClass"),
      multiAz: declared("databaseMultiAz"),
      storageGiB: declared("databaseStorageGiB"),
      backupDays: declared("databaseBackupDays"),
      finalSnapshot: declared("databaseFinalSnapshot"),
    });
    deepEqual(CONTROLLER_DEFAULTS.chart, {
      location: declared("controllerChart"),
      version: declared("controllerChartVersion"),
    });
  });
});
