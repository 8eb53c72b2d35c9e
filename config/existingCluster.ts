import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf, type Fault } from "../app/contract/fault.ts";
import { whyUnreachable } from "./apiEndpoint.ts";
import type { Config } from "./config.ts";
import { ifFound } from "./ifFound.ts";

/** States of a cluster in which it has an API server. */
const RUNNING = ["ACTIVE", "UPDATING"];

/**
 * Rejects, before anything is created, a cluster in which the stack's objects could not be created.
 *
 * @throws pulumi.RunError naming every fault at once
 */
export async function checkExistingCluster(
  name: string,
  config: Config,
  opts: pulumi.InvokeOptions,
): Promise<void> {
  const faults = await clusterFaults(name, config, opts);
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
}

async function clusterFaults(
  name: string,
  { controller, network }: Config,
  opts: pulumi.InvokeOptions,
): Promise<Fault[]> {
  const vpcId = network.existing?.vpcId;
  const fault = { name: "cluster.name", got: name };
  // AWS fails if it is asked for a cluster that does not exist.
  const { names, region } = await aws.eks.getClusters({}, opts);
  if (!names.includes(name)) {
    const known = names.length === 0 ? `${region} has none` : `such as ${names.join(", ")}`;
    return [{ ...fault, mustBe: `a cluster in ${region} (${known})` }];
  }
  const cluster = await aws.eks.getCluster({ name }, opts);
  const { accessConfigs, endpoint, identities, status, vpcConfig } = cluster;
  if (!RUNNING.includes(status)) {
    return [{ ...fault, mustBe: `a cluster that is ${RUNNING.join(" or ")}; now it is ${status}` }];
  }
  const mode = accessConfigs[0]?.authenticationMode ?? "CONFIG_MAP";
  const issuer = identities[0]?.oidcs[0]?.issuer ?? "";
  const provider = await ifFound(aws.iam.getOpenIdConnectProvider({ url: issuer }, opts));
  const unreachable = await whyUnreachable(endpoint);
  return [
    ...(mode.includes("API")
      ? []
      : [
          {
            ...fault,
            mustBe: "a cluster whose authentication mode includes the EKS API",
            fix: `run aws eks update-cluster-config --name ${name} --access-config authenticationMode=API_AND_CONFIG_MAP`,
          },
        ]),
    ...(unreachable === undefined
      ? []
      : [
          {
            ...fault,
            mustBe: `a cluster whose API this computer can reach, at ${endpoint} (${unreachable})`,
            fix: "add this computer's address to the cluster's public access CIDRs, or run Pulumi in its VPC",
          },
        ]),
    ...(vpcConfig.vpcId === vpcId
      ? []
      : [
          {
            name: "network.vpcId",
            got: vpcId,
            mustBe: `the VPC of cluster ${name}, ${vpcConfig.vpcId}`,
          },
        ]),
    ...(controller === "existing" || provider !== undefined
      ? []
      : [
          {
            ...fault,
            mustBe:
              "a cluster with an IAM OIDC provider, from which the load balancer controller gets its role",
            fix: `run aws iam create-open-id-connect-provider --url ${issuer} --client-id-list sts.amazonaws.com`,
          },
        ]),
  ];
}
