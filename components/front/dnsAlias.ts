import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { FailoverRole } from "./failover.ts";

export interface DnsAliasArgs {
  /** DNS name of the load balancer, which needs `hostedZoneId`. @default - AWS's own name */
  dnsName?: string | undefined;
  /** Route 53 hosted zone of `dnsName`. */
  hostedZoneId?: string | undefined;
  /** Role of this load balancer if another one has the same DNS name. @default - no other has it */
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
    name,
    {
      zoneId: hostedZoneId,
      name: dnsName,
      type: "A",
      aliases: [
        // A load balancer that is the only one is returned in any case.
        { name: hostname, zoneId: zone.id, evaluateTargetHealth: failover !== undefined },
      ],
      ...(failover !== undefined && {
        setIdentifier: failover,
        failoverRoutingPolicies: [{ type: failover.toUpperCase() }],
      }),
    },
    opts,
  );
  return record.fqdn;
}
