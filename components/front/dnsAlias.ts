import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface DnsAliasArgs {
  /** DNS name of the load balancer, which needs `hostedZoneId`. @default - AWS's own name */
  dnsName?: string | undefined;
  /** Route 53 hosted zone of `dnsName`. */
  hostedZoneId?: string | undefined;
}

/** A load balancer, by AWS's own name. */
export interface AliasTarget {
  type: "network" | "application";
  hostname: pulumi.Output<string>;
}

/**
 * The name at which a load balancer is reached: one of ours, where it is asked for, or AWS's. A record is changed in
 * place when it leads to another load balancer, so it belongs to something that stays.
 */
export function dnsAlias(
  name: string,
  { dnsName, hostedZoneId }: DnsAliasArgs,
  { type, hostname }: AliasTarget,
  opts: { parent: pulumi.Resource },
): pulumi.Output<string> {
  if (dnsName === undefined || hostedZoneId === undefined) {
    return hostname;
  }
  const zone = aws.lb.getHostedZoneIdOutput({ loadBalancerType: type }, opts);
  const record = new aws.route53.Record(
    name,
    {
      zoneId: hostedZoneId,
      name: dnsName,
      type: "A",
      aliases: [{ name: hostname, zoneId: zone.id, evaluateTargetHealth: false }],
    },
    opts,
  );
  return record.fqdn;
}
