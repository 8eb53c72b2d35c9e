import ipaddr from "ipaddr.js";

/** A run of addresses, by the numbers of its first and last one. */
interface Run {
  from: bigint;
  to: bigint;
}

/** Number of addresses from which a run counts as everybody: an IPv4 /8, or the IPv6 /16 of a registry. */
const MOST = { ipv4: 2n ** 24n, ipv6: 2n ** 112n } as const;

/** Whether text is an IPv4 or IPv6 block with its prefix length. */
export function isBlock(text: string): boolean {
  return text.includes("/") && ipaddr.isValidCIDR(text);
}

/** Whether blocks, alone or together, have more consecutive addresses than anybody owns. */
export function isEverybody(texts: readonly string[]): boolean {
  const blocks = texts.filter(isBlock).map((text) => ipaddr.parseCIDR(text));
  return (["ipv4", "ipv6"] as const).some((kind) => {
    const runs = blocks
      .filter(([address]) => address.kind() === kind)
      // Private networks of IPv6 are larger than any public one: https://www.rfc-editor.org/rfc/rfc4193.
      .filter(([address, prefix]) => address.range() !== "uniqueLocal" || prefix < 7)
      .map(([address, prefix]) => runOf(address.toByteArray(), prefix));
    return joined(runs).some(({ from, to }) => to - from >= MOST[kind]);
  });
}

function runOf(bytes: readonly number[], prefix: number): Run {
  const number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const size = 2n ** BigInt(bytes.length * 8 - prefix);
  const from = number - (number % size);
  return { from, to: from + size - 1n };
}

/** Merges adjacent and overlapping runs. */
function joined(runs: readonly Run[]): Run[] {
  const sorted = runs.toSorted((one, other) => (one.from < other.from ? -1 : 1));
  return sorted.reduce<Run[]>((all, { from, to }) => {
    const last = all.at(-1);
    if (last === undefined || from > last.to + 1n) {
      return [...all, { from, to }];
    }
    last.to = to > last.to ? to : last.to;
    return all;
  }, []);
}
