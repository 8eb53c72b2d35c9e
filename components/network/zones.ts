import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { sentenceOf } from "../../app/contract/fault.ts";

/**
 * Zones in which EKS places no control plane, and one without Fargate (in Tokyo).
 *
 * Sources: https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html,
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
 */
export const ZONES_WITHOUT_EKS = ["use1-az3", "usw1-az2", "cac1-az3", "apne1-az3"];

/**
 * Chooses `count` zones of the region.
 *
 * @param chosen - Zones that already have subnets, which are kept whatever AWS reports of them now.
 * @returns their names: the chosen ones, then the first others that EKS accepts, in alphabetical order
 * @throws pulumi.RunError if the region has fewer
 */
export async function eksZones(
  count: number,
  chosen: readonly string[] | undefined,
  opts: pulumi.InvokeOptions,
): Promise<string[]> {
  const { names, region } = await aws.getAvailabilityZones(
    {
      state: "available",
      filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }],
      excludeZoneIds: ZONES_WITHOUT_EKS,
    },
    opts,
  );
  const all = [...new Set([...(chosen ?? []), ...names.toSorted()])];
  if (all.length < count) {
    const fault = { name: "zones", got: count };
    const has = `because ${region} has ${all.length} zones with EKS on Fargate`;
    throw new pulumi.RunError(
      sentenceOf(
        all.length < 2
          ? { ...fault, mustBe: `at least 2, ${has}`, fix: "choose another aws:region" }
          : { ...fault, mustBe: `from 2 to ${all.length}, ${has}`, example: "2" },
      ),
    );
  }
  return all.slice(0, count);
}
