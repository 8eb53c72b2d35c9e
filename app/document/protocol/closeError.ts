import * as status from "../../contract/closeStatus.ts";

/** Close status for each reason. */
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
  slow: status.TEMPORARILY_UNAVAILABLE,
  unavailable: status.TEMPORARILY_UNAVAILABLE,
} as const;

/** Why a connection is closed, or an update rejected; a label in the metrics. */
export type CloseReason = keyof typeof CODES;

/** Bytes of a text that fit into a close frame. */
const MAX_REASON_BYTES = 123;

/** Closes a connection with a status and a text for its client. */
export class CloseError extends Error {
  override readonly name = "CloseError";
  readonly kind: CloseReason;

  constructor(kind: CloseReason, text: string) {
    super(text.slice(0, MAX_REASON_BYTES));
    this.kind = kind;
  }

  get code(): number {
    return CODES[this.kind];
  }
}
