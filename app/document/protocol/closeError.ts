import * as status from "../../contract/closeStatus.ts";

/** The close status of each refusal. */
const CODES = {
  poisoned: status.INVALID,
  costly: status.INVALID,
  outdated: status.OUTDATED,
  rate: status.TOO_FAST,
  "document-bytes": status.TOO_BIG,
  frames: status.TOO_BIG,
  memory: status.TOO_BIG,
  closing: status.SERVICE_RESTART,
  connections: status.TRY_AGAIN_LATER,
  "document-connections": status.TRY_AGAIN_LATER,
  slow: status.NOT_NOW,
  unavailable: status.NOT_NOW,
} as const;

/** Kinds of refusals, as the metric has them. */
export type CloseReason = keyof typeof CODES;

/** Bytes of a reason that fit into a close frame. */
const MAX_REASON_BYTES = 123;

/** Why a connection is closed, for its client to see. */
export class CloseError extends Error {
  override readonly name = "CloseError";
  readonly kind: CloseReason;

  constructor(kind: CloseReason, reason: string) {
    super(reason.slice(0, MAX_REASON_BYTES));
    this.kind = kind;
  }

  get code(): number {
    return CODES[this.kind];
  }
}
