import {
  FargateCluster,
  type FargateClusterArgs,
} from "../../components/cluster/fargateCluster.ts";
import { mockPulumi, type MockOptions } from "./mocks.ts";

export const CLUSTER_ARGS: FargateClusterArgs = {
  vpcId: "vpc-1",
  privateSubnetIds: ["subnet-private-1", "subnet-private-2"],
  publicSubnetIds: ["subnet-public-1", "subnet-public-2"],
  region: "us-east-1",
  kubernetesVersion: "1.35",
  namespaces: ["chat"],
  admins: [],
  publicAccessCidrs: ["198.51.100.0/24"],
  secretsEncryption: false,
  controlPlaneLogs: [],
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
