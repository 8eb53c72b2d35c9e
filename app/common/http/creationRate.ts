import type { onRequestHookHandler } from "fastify";
import ipaddr from "ipaddr.js";
import { creationsPerSecond } from "../../contract/creationRule.ts";
import { Problem } from "./problem.ts";
import { RateLimit } from "./rateLimit.ts";

/** Seconds' worth of creations that an address may ask for at once. */
const BURST_SECONDS = 10;

/** Addresses with a rate of their own; all others share one. */
const MAX_ADDRESSES = 10_000;

/** Parts of an IPv6 address that its network has: a client may take any address of it (https://www.rfc-editor.org/rfc/rfc6177). */
const NETWORK_PARTS = 4;

/** What the environment sets for an app that creates something. */
export const CREATION_RULES = {
  MAX_CREATIONS_PER_SECOND: creationsPerSecond,
};

/** The creations of each address. An address that is not there has created nothing of late. */
export class AddressRates {
  readonly #perSecond: number;
  /** Those that were used last come last. */
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

  /** Drops rates that nobody has used for as long as a burst takes to come back. */
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

/** A hook of routes that create something: an address that asks too often is answered 429. */
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

/** The address, or of an IPv6 address its network; undefined where it is none. */
function networkOf(address = ""): string | undefined {
  if (!ipaddr.isValid(address)) {
    return undefined;
  }
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? parsed.parts.slice(0, NETWORK_PARTS).join(":")
    : parsed.toString();
}
