import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FailoverRole } from "./failover.ts";
import type { TlsArgs } from "./tls.ts";

export interface DnsAliasArgs extends Pick<TlsArgs, "dnsName" | "hostedZoneId"> {
  /** Role of this load balancer if two share the DNS name. @default - it is the only one */
  failover?: FailoverRole | undefined;
}

/** A load balancer with the name that AWS gives it. */
export interface AliasTarget {
  type: "network" | "application";
  hostname: pulumi.Output<string>;
}

/**
 * Gives a load balancer a DNS name, if one is configured. Its record is updated in place when it points to another load
 * balancer, so its parent must be a resource that stays.
 *
 * @param name that the record had in earlier versions
 * @returns the name at which clients reach it: the DNS name, or AWS's
 */
export function dnsAlias(
  name: string,
  { dnsName, hostedZoneId, failover }: DnsAliasArgs,
  { type, hostname }: AliasTarget,
  opts: { parent: pulumi.Resource },
): pulumi.Output<string> {
  if (dnsName === undefined || hostedZoneId === undefined) {
    return hostname;
  }
  const zone = aws.lb.getHostedZoneIdOutput({ loadBalancerType: type }, opts);
  const record = new aws.route53.Record(
    // Named by what it is, so it stays when another workload gets the DNS name.
    dnsName,
    {
      zoneId: hostedZoneId,
      name: dnsName,
      type: "A",
      aliases: [
        // Without failover, Route 53 returns the load balancer whether it is healthy or not.
        { name: hostname, zoneId: zone.id, evaluateTargetHealth: failover !== undefined },
      ],
      ...(failover !== undefined && {
        setIdentifier: failover,
        failoverRoutingPolicies: [{ type: failover.toUpperCase() }],
      }),
    },
    { ...opts, aliases: [{ name }] },
  );
  return record.fqdn;
}
