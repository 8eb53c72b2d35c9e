import type { ControlPlaneArgs } from "../../components/cluster/controlPlane.ts";
import {
  FargateCluster,
  type FargateClusterArgs,
} from "../../components/cluster/fargateCluster.ts";
import { mockPulumi, type MockOptions } from "./mocks.ts";

const ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/A1";

export const NETWORK = {
  region: "us-east-1",
  vpcId: "vpc-1",
  privateSubnetIds: ["subnet-private-1", "subnet-private-2"],
  publicSubnetIds: ["subnet-public-1", "subnet-public-2"],
};

export const CLUSTER = {
  name: "apps",
  oidcProviderArn: `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`,
  oidcIssuer: ISSUER,
  podSecurityGroupId: "sg-pods",
  podLabels: { "sockjs-sticky/stack": "apps" },
};

export const CONTROL_PLANE: ControlPlaneArgs = {
  kubernetesVersion: "1.35",
  admins: [],
  endpointPublicAccess: true,
  publicAccessCidrs: ["198.51.100.0/24"],
  privateAccessCidrs: [],
  secretsEncryption: false,
  logTypes: [],
};

export const CLUSTER_ARGS: FargateClusterArgs = {
  network: NETWORK,
  controlPlane: CONTROL_PLANE,
  logRetentionDays: 14,
  deletionProtection: false,
  metricsServer: false,
};

/** A cluster `apps`, with what was made for it. */
export async function mockedCluster(
  changes: Partial<FargateClusterArgs> = {},
  options: MockOptions = {},
) {
  const recorder = await mockPulumi(options);
  const cluster = new FargateCluster("apps", { ...CLUSTER_ARGS, ...changes });
  await recorder.settle();
  return { recorder, cluster, inputs: recorder.one("eks:index:Cluster").inputs };
}
