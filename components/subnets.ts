/** Zones that a VPC has room for: a fourth one can be added without moving the others. */
export const MAX_ZONES = 4;

/** Sizes of a VPC that leave every subnet room for its load balancer and a useful number of pods. */
const MIN_PREFIX = 16;
const MAX_PREFIX = 22;

/** Bits by which a zone's block, its private and its public subnet are smaller than the VPC. */
const ZONE_BITS = Math.log2(MAX_ZONES);
const PRIVATE_BITS = ZONE_BITS + 1;
const PUBLIC_BITS = ZONE_BITS + 3;

const PRIVATE_BLOCKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/** Prefix lengths of what a VPC is divided into. */
export interface SubnetPrefixes {
  zone: number;
  /** Half of a zone: every pod has an address of its own. */
  private: number;
  /** An eighth of a zone: load balancers and NAT gateways. */
  public: number;
}

export function subnetPrefixes(vpcCidr: string): SubnetPrefixes {
  const { prefix } = parseCidr(vpcCidr);
  return {
    zone: prefix + ZONE_BITS,
    private: prefix + PRIVATE_BITS,
    public: prefix + PUBLIC_BITS,
  };
}

/** What is wrong with a VPC's block, and what is allowed; undefined when it will do. */
export function vpcCidrFault(vpcCidr: string): string | undefined {
  const { address, prefix } = parseCidr(vpcCidr);
  const size = 2 ** (32 - prefix);
  if (prefix < MIN_PREFIX || prefix > MAX_PREFIX) {
    const usable = `it has ${size} addresses for up to ${MAX_ZONES} zones`;
    return `${usable}, allowed is /${MIN_PREFIX} to /${MAX_PREFIX}; for example 10.0.0.0/16`;
  }
  return isFirstAddress(vpcCidr)
    ? undefined
    : `allowed is the first address of the block; for example ${formatCidr(address - (address % size), prefix)}`;
}

/** Whether a block is written by its first address, as AWS returns it. */
export function isFirstAddress(cidr: string): boolean {
  const { address, prefix } = parseCidr(cidr);
  return address % 2 ** (32 - prefix) === 0;
}

/** Prefix length of a block: 32 for one address, 0 for all. */
export function prefixOf(cidr: string): number {
  return parseCidr(cidr).prefix;
}

/** Whether a block is in the address space of private networks (RFC 1918). */
export function isPrivate(cidr: string): boolean {
  const { address, prefix } = parseCidr(cidr);
  return PRIVATE_BLOCKS.some((block) => {
    const own = parseCidr(block);
    const size = 2 ** (32 - own.prefix);
    return prefix >= own.prefix && Math.floor(address / size) * size === own.address;
  });
}

function parseCidr(cidr: string): { address: number; prefix: number } {
  const [ip = "", prefix] = cidr.split("/");
  const address = ip.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return { address, prefix: Number(prefix) };
}

function formatCidr(address: number, prefix: number): string {
  const octets = [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256);
  return `${octets.join(".")}/${prefix}`;
}
