import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { sentencesOf, type Fault } from "../app/contract/fault.ts";
import type { Config } from "./config.ts";
import { ifFound } from "./ifFound.ts";

/**
 * Rejects, before anything is created, a hosted zone that cannot have the DNS names of the workloads, or the records by
 * which ACM validates their certificates.
 *
 * @throws pulumi.RunError naming every fault at once
 */
export async function checkHostedZone(config: Config, opts: pulumi.InvokeOptions): Promise<void> {
  const { hostedZoneId } = config.listener;
  const faults = hostedZoneId === undefined ? [] : await zoneFaults(hostedZoneId, config, opts);
  if (faults.length > 0) {
    throw new pulumi.RunError(sentencesOf(faults));
  }
}

async function zoneFaults(
  zoneId: string,
  { certificateArn, workloads }: Config,
  opts: pulumi.InvokeOptions,
): Promise<Fault[]> {
  const fault = { name: "hostedZoneId", got: zoneId };
  const zone = await ifFound(aws.route53.getZone({ zoneId }, opts));
  if (zone === undefined) {
    return [{ ...fault, mustBe: "a hosted zone of this AWS account" }];
  }
  const outside = workloads.flatMap(({ dnsName }, index) =>
    dnsName === undefined || `.${dnsName}`.endsWith(`.${zone.name}`)
      ? []
      : [{ name: `workloads[${index}].dnsName`, got: dnsName, mustBe: `in the zone ${zone.name}` }],
  );
  return zone.privateZone === true && certificateArn === undefined
    ? [
        {
          ...fault,
          mustBe: `a public zone, because ACM finds no record of the private zone ${zone.name}`,
          fix: "set a public zone, or certificateArn",
        },
        ...outside,
      ]
    : outside;
}
