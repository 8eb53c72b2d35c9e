import type { Ports } from "../../app/common/server/appServer.ts";

/** What the front tells a replica; the accepted socket goes with it. */
export interface Offer {
  type: "offer";
  id: number;
  /** `monotonicMs()` until which the replica may take the socket; later the front may give it away. */
  until: number;
}

/** What a replica tells the front. */
export type Reply =
  | ({ type: "listening" } & Ports)
  | { type: "accepted"; id: number }
  | { type: "declined"; id: number };

/** Milliseconds of a clock that all processes of this machine share and nobody sets. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
