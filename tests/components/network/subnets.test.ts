import { deepEqual, equal } from "node:assert/strict";
import {
  isFirstAddress,
  isPrivate,
  MAX_ZONES,
  prefixOf,
  subnetPrefixes,
  vpcCidrFault,
} from "../../../components/network/subnets.ts";

const addresses = (prefix: number) => 2 ** (32 - prefix);

describe("subnets", () => {
  it("gives each of four zones a quarter, pods half of it and load balancers an eighth", () => {
    equal(MAX_ZONES, 4);
    deepEqual(subnetPrefixes("10.0.0.0/16"), { zone: 18, private: 19, public: 21 });
    deepEqual(subnetPrefixes("10.0.0.0/20"), { zone: 22, private: 23, public: 25 });
    deepEqual(subnetPrefixes("10.0.0.0/22"), { zone: 24, private: 25, public: 27 });
  });

  it("divides every allowed block into zones that fit and subnets that AWS accepts", () => {
    for (let prefix = 16; prefix <= 22; prefix++) {
      const sizes = subnetPrefixes(`10.0.0.0/${prefix}`);
      equal(MAX_ZONES * addresses(sizes.zone), addresses(prefix));
      equal(addresses(sizes.private) + addresses(sizes.public) < addresses(sizes.zone), true);
      // A load balancer wants 8 free addresses in its subnet, of which AWS keeps 5.
      equal(addresses(sizes.public) - 5 >= 8, true);
    }
  });

  it("accepts blocks from /16 to /22 that are written by their first address", () => {
    for (const cidr of ["10.0.0.0/16", "10.0.4.0/22", "172.16.0.0/17", "192.168.252.0/22"]) {
      equal(vpcCidrFault(cidr), undefined);
    }
  });

  it("rejects blocks that are too large or too small", () => {
    for (const got of ["10.0.0.0/15", "10.0.0.0/23", "10.0.0.0/30"]) {
      deepEqual(vpcCidrFault(got), {
        name: "vpcCidr",
        got,
        mustBe: "a /16 to /22, which has room for 4 zones",
        example: "10.0.0.0/16",
      });
    }
  });

  it("recognises private blocks up to their last address", () => {
    const own = ["10.0.0.0/8", "10.255.255.255/32", "172.16.0.0/12", "172.31.0.0/16"];
    for (const cidr of [...own, "192.168.0.0/16", "192.168.255.0/24"]) {
      equal(isPrivate(cidr), true, cidr);
    }
    const others = ["0.0.0.0/0", "10.0.0.0/7", "9.255.0.0/16", "11.0.0.0/8", "172.15.0.0/16"];
    for (const cidr of [...others, "172.32.0.0/16", "192.169.0.0/16", "172.0.0.0/8"]) {
      equal(isPrivate(cidr), false, cidr);
    }
  });

  it("returns a block's prefix length, and whether it is written by its first address", () => {
    equal(prefixOf("0.0.0.0/0"), 0);
    equal(prefixOf("203.0.113.7/32"), 32);
    for (const cidr of ["0.0.0.0/0", "203.0.113.7/32", "10.0.0.128/25"]) {
      equal(isFirstAddress(cidr), true, cidr);
    }
    equal(isFirstAddress("10.0.0.64/25"), false);
    equal(isFirstAddress("128.0.0.0/0"), false);
  });

  it("rejects an address within a block and shows the block's first address", () => {
    for (const [got, example] of [
      ["10.1.2.3/16", "10.1.0.0/16"],
      ["192.168.1.0/22", "192.168.0.0/22"],
      ["223.255.7.0/22", "223.255.4.0/22"],
    ] as const) {
      const mustBe = "the first address of its block";
      deepEqual(vpcCidrFault(got), { name: "vpcCidr", got, mustBe, example });
    }
  });
});
