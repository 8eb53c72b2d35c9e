import type * as pulumi from "@pulumi/pulumi";
import { ExistingVpc, type ExistingVpcArgs } from "./existingVpc.ts";
import { Vpc, type VpcArgs } from "./vpc.ts";

export interface NetworkArgs extends VpcArgs {
  /** An existing VPC. @default - a new one */
  existing?: Omit<ExistingVpcArgs, "region"> | undefined;
}

/** Creates a VPC, or uses an existing one. */
export function createNetwork(
  name: string,
  { existing, ...created }: NetworkArgs,
  opts?: pulumi.ComponentResourceOptions,
): Vpc | ExistingVpc {
  return existing === undefined
    ? new Vpc(name, created, opts)
    : new ExistingVpc(name, { region: created.region, ...existing }, opts);
}
