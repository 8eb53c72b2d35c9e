export type { Affinity } from "../../app/contract/catalogue.ts";
export type { ControlPlaneArgs } from "../../components/cluster/controlPlane.ts";
export {
  ExistingCluster,
  type ExistingClusterArgs,
} from "../../components/cluster/existingCluster.ts";
export { ExistingController } from "../../components/cluster/existingController.ts";
export {
  FargateCluster,
  type Cluster,
  type FargateClusterArgs,
} from "../../components/cluster/fargateCluster.ts";
export {
  LoadBalancerController,
  type ChartArgs,
  type LoadBalancerControllerArgs,
} from "../../components/cluster/loadBalancerController.ts";
export { Database, type AdminConnection, type DatabaseArgs } from "../../components/database.ts";
export type { InstanceArgs } from "../../components/databaseInstance.ts";
export { DatabaseAdmin, type DatabaseAdminArgs } from "../../components/databases/databaseAdmin.ts";
export {
  WorkloadDatabase,
  type WorkloadDatabaseArgs,
} from "../../components/databases/workloadDatabase.ts";
export { Certificate } from "../../components/front/certificate.ts";
export type { FailoverRole } from "../../components/front/failover.ts";
export type { CertificateArgs } from "../../components/front/tls.ts";
export { ExistingVpc, type ExistingVpcArgs } from "../../components/network/existingVpc.ts";
export { Vpc, type Network, type VpcArgs } from "../../components/network/vpc.ts";
export {
  StickyApp,
  type ListenerSettings,
  type StickyAppArgs,
} from "../../components/stickyApp.ts";
export type { WorkloadSpec } from "../../components/workload/workloadSpec.ts";
export * from "./front.ts";
