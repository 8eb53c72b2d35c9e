import type { Complete } from "../defaults.ts";

/** The part of a cluster that AWS operates. */
export interface ControlPlaneArgs {
  /** Minor version of Kubernetes. @default 1.36 */
  kubernetesVersion?: string | undefined;
  /** ARNs of IAM roles and users who administer the cluster, in addition to its creator. @default [] */
  admins?: readonly string[] | undefined;
  /** Whether the API server has a public endpoint. The private endpoint is always on. @default true */
  endpointPublicAccess?: boolean | undefined;
  /** CIDR blocks that may reach the public endpoint, such as that of the computer that runs Pulumi. @default ["0.0.0.0/0"] */
  publicAccessCidrs?: string[] | undefined;
  /** CIDR blocks that may reach the private endpoint, in addition to the pods. @default [] */
  privateAccessCidrs?: readonly string[] | undefined;
  /**
   * Encrypts Kubernetes Secrets with a KMS key of the stack's own, USD 1 a month (us-east-1, 2026-11). Cannot be turned off again.
   * @default false
   */
  secretsEncryption?: boolean | undefined;
  /** Types of control plane logs to keep: api, audit, authenticator, controllerManager, scheduler. @default [] */
  logTypes?: string[] | undefined;
}

export const CONTROL_PLANE_DEFAULTS = {
  kubernetesVersion: "1.36",
  admins: [] as string[],
  endpointPublicAccess: true,
  publicAccessCidrs: ["0.0.0.0/0"],
  privateAccessCidrs: [] as string[],
  secretsEncryption: false,
  logTypes: [] as string[],
} satisfies ControlPlaneArgs;

/** Settings of a control plane in which the defaults are set. */
export type ControlPlane = Complete<ControlPlaneArgs, typeof CONTROL_PLANE_DEFAULTS>;
