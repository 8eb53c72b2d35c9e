import type { onRequestHookHandler } from "fastify";
import ipaddr from "ipaddr.js";
import { creationsPerSecond } from "../../contract/creationRule.ts";
import { Problem } from "./problem.ts";
import { RateLimit } from "./rateLimit.ts";

/** Burst of an address, in seconds' worth of creations. */
const BURST_SECONDS = 10;

/** Most addresses with a limit of their own; all others share one. */
const MAX_ADDRESSES = 10_000;

/** Parts of an IPv6 address that identify its network: a client may use all addresses of a /64 (https://www.rfc-editor.org/rfc/rfc6177). */
const NETWORK_PARTS = 4;

/** Environment variables of apps with creations. */
export const CREATION_RULES = {
  MAX_CREATIONS_PER_SECOND: creationsPerSecond,
};

/** A rate limit for each address. An address without an entry has created nothing recently. */
export class AddressRates {
  readonly #perSecond: number;
  /** The least recently used first. */
  readonly #rates = new Map<string, RateLimit>();
  readonly #others: RateLimit;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#others = this.#newRate();
  }

  of(address: string): RateLimit {
    const known = this.#rates.get(address);
    if (known === undefined) {
      this.#forget();
    }
    if (known === undefined && this.#rates.size >= MAX_ADDRESSES) {
      return this.#others;
    }
    const rate = known ?? this.#newRate();
    this.#rates.delete(address);
    this.#rates.set(address, rate);
    return rate;
  }

  /** Drops the least recently used limits if they are full again, as new ones are. */
  #forget(): void {
    for (const [address, rate] of this.#rates) {
      if (!rate.isFull) {
        return;
      }
      this.#rates.delete(address);
    }
  }

  #newRate(): RateLimit {
    return new RateLimit(this.#perSecond, BURST_SECONDS * this.#perSecond);
  }
}

/** A hook for routes that create something: answers 429 to an address that exceeds its limit. */
export function limitCreations(perSecond: number): onRequestHookHandler {
  const rates = new AddressRates(perSecond);
  return ({ ip, raw }, _reply, done) => {
    const rate = rates.of(networkOf(ip) ?? networkOf(raw.socket.remoteAddress) ?? "");
    if (rate.take()) {
      done();
      return;
    }
    const seconds = Math.ceil(rate.waitSeconds);
    const problem = new Problem(429, {
      kind: "too-many-creations",
      title: "Too many creations",
      detail: `more than ${perSecond} creations a second come from this address; repeat the same request in ${seconds} s`,
      headers: { "Retry-After": String(seconds) },
    });
    done(problem);
  };
}

/** An IPv4 address itself, or the network of an IPv6 address; undefined for anything else. */
function networkOf(address = ""): string | undefined {
  if (!ipaddr.isValid(address)) {
    return undefined;
  }
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? parsed.parts.slice(0, NETWORK_PARTS).join(":")
    : parsed.toString();
}
