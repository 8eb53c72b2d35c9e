import type { Fault } from "../../app/contract/fault.ts";

/** What decides whether a load balancer has TLS. */
export interface TlsArgs {
  /** ARN of an existing ACM certificate. @default - one for the DNS name, if there is one */
  certificateArn?: string | undefined;
  /** DNS name of the load balancer, which needs `hostedZoneId`. @default - AWS's own name */
  dnsName?: string | undefined;
  /** Route 53 hosted zone of `dnsName`. @default - none */
  hostedZoneId?: string | undefined;
}

/** A certificate for one DNS name. */
export interface CertificateArgs {
  /** At most 64 characters long. */
  dnsName: string;
  /** Public Route 53 hosted zone of the name. */
  hostedZoneId: string;
}

/** The certificate to create for a load balancer; undefined if it has one or no DNS name. */
export function certificateToCreate(args: TlsArgs): CertificateArgs | undefined {
  const { certificateArn, dnsName, hostedZoneId } = args;
  return certificateArn === undefined && dnsName !== undefined && hostedZoneId !== undefined
    ? { dnsName, hostedZoneId }
    : undefined;
}

/** Whether a load balancer terminates TLS. */
export function hasTls(args: TlsArgs): boolean {
  return args.certificateArn !== undefined || certificateToCreate(args) !== undefined;
}

/** What is wrong with a DNS name; undefined if nothing is. */
export function dnsFault({ dnsName, hostedZoneId }: TlsArgs): Fault | undefined {
  return dnsName !== undefined && hostedZoneId === undefined
    ? {
        name: "dnsName",
        got: dnsName,
        mustBe: "in the Route 53 hosted zone that hostedZoneId names",
        fix: "set hostedZoneId, or remove dnsName",
      }
    : undefined;
}
