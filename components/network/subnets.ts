import ipaddr from "ipaddr.js";
import type { Fault } from "../../app/contract/fault.ts";

const { IPv4 } = ipaddr;

/** Zones that a VPC has room for, so that one can be added without moving the others. */
export const MAX_ZONES = 4;

/** Prefix lengths of a VPC with which each subnet has room for its load balancers and a useful number of pods. */
const MIN_PREFIX = 16;
const MAX_PREFIX = 22;

/** Bits by which a zone's block, its private subnet and its public subnet are smaller than the VPC. */
const ZONE_BITS = Math.log2(MAX_ZONES);
const PRIVATE_BITS = ZONE_BITS + 1;
const PUBLIC_BITS = ZONE_BITS + 3;

const PRIVATE_BLOCKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/** Blocks that are never the source of a connection: this network, loopback, link-local, multicast and reserved. */
const SOURCELESS_BLOCKS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

/**
 * Blocks, beside private ones, from which no public address can be reached: also those shared by carriers, for protocols and
 * for benchmarks.
 *
 * Source: https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const UNROUTED_BLOCKS = [
  ...SOURCELESS_BLOCKS,
  "100.64.0.0/10",
  "192.0.0.0/24",
  "192.88.99.0/24",
  "198.18.0.0/15",
];

/**
 * Blocks that a VPC cannot use: those that are never a source, Docker's, which AWS services use, and that for
 * benchmarks.
 *
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html (172.17.0.0/16)
 */
const UNUSABLE_BLOCKS = [...SOURCELESS_BLOCKS, "172.17.0.0/16", "198.18.0.0/15"];

/** Blocks for documentation, https://www.rfc-editor.org/rfc/rfc5737. */
const DOCUMENTATION_BLOCKS = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"];

/** Prefix lengths of the parts of a VPC. */
export interface SubnetPrefixes {
  zone: number;
  /** Half of a zone, because every pod has an address of its own. */
  private: number;
  /** An eighth of a zone, for load balancers and NAT gateways. */
  public: number;
}

export function subnetPrefixes(vpcCidr: string): SubnetPrefixes {
  const prefix = prefixOf(vpcCidr);
  return {
    zone: prefix + ZONE_BITS,
    private: prefix + PRIVATE_BITS,
    public: prefix + PUBLIC_BITS,
  };
}

/** What is wrong with a VPC's block; undefined if nothing is. */
export function vpcCidrFault(vpcCidr: string): Fault | undefined {
  const prefix = prefixOf(vpcCidr);
  const fault = { name: "vpcCidr", got: vpcCidr, example: "10.0.0.0/16" };
  if (prefix < MIN_PREFIX || prefix > MAX_PREFIX) {
    const mustBe = `a /${MIN_PREFIX} to /${MAX_PREFIX}, which has room for ${MAX_ZONES} zones`;
    return { ...fault, mustBe };
  }
  const unusable = UNUSABLE_BLOCKS.find((block) => isWithin(vpcCidr, block));
  if (unusable !== undefined) {
    return { ...fault, mustBe: `outside of ${unusable}, which a VPC cannot use` };
  }
  return isFirstAddress(vpcCidr)
    ? undefined
    : {
        ...fault,
        mustBe: "the first address of its block",
        example: `${IPv4.networkAddressFromCIDR(vpcCidr).toString()}/${prefix}`,
      };
}

/** Whether a block is written by its first address, as AWS returns it. */
export function isFirstAddress(cidr: string): boolean {
  return IPv4.networkAddressFromCIDR(cidr).toString() === cidr.split("/")[0];
}

/** Prefix length of a block: 32 for one address, 0 for all. */
export function prefixOf(cidr: string): number {
  return IPv4.parseCIDR(cidr)[1];
}

/** Whether a block is in the address space of private networks (RFC 1918). */
export function isPrivate(cidr: string): boolean {
  return PRIVATE_BLOCKS.some((block) => isWithin(cidr, block));
}

/** Whether a block is never the source of a connection in any network. */
export function isSourceless(cidr: string): boolean {
  return SOURCELESS_BLOCKS.some((block) => isWithin(cidr, block));
}

/** Whether no public address can be reached from a block; see {@link isPrivate} for private blocks. */
export function isUnrouted(cidr: string): boolean {
  return UNROUTED_BLOCKS.some((block) => isWithin(cidr, block));
}

/** Whether a block is for documentation only. */
export function isDocumentation(cidr: string): boolean {
  return DOCUMENTATION_BLOCKS.some((block) => isWithin(cidr, block));
}

function isWithin(cidr: string, block: string): boolean {
  const outer = IPv4.parseCIDR(block);
  return prefixOf(cidr) >= outer[1] && IPv4.parseCIDR(cidr)[0].match(outer);
}
