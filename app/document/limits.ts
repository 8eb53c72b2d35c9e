/** What a replica takes; a document's limits hold on each of its replicas. */
export interface DocumentLimits {
  /** Bytes of a document's state; what was deleted counts as little as that it was there. */
  maxDocumentBytes: number;
  /** Bytes of an update; what was written offline comes as one and may be as large as a document. */
  maxUpdateBytes: number;
  /** Updates a second from one connection; for a moment twice as many. */
  maxUpdatesPerSecond: number;
  /** For so long an update may wait until it is saved; then its editor is told that it is not, and keeps it. */
  maxSaveSeconds: number;
  maxConnectionsPerDocument: number;
  maxConnections: number;
}

/**
 * Close statuses: 3000 more than the WebSocket status of that meaning (1007 invalid data, 1008 policy violation, 1009
 * message too big, 1012 service restart, 1013 try again later, 1014 bad gateway), for an application may only send
 * 3000 to 4999 (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2).
 */
const CODES = {
  poisoned: 4007,
  rate: 4008,
  "update-bytes": 4009,
  "document-bytes": 4009,
  closing: 4012,
  connections: 4013,
  "document-connections": 4013,
  slow: 4014,
  unavailable: 4014,
} as const;

/** Kinds of refusals, as the metric has them. */
export type RefusalKind = keyof typeof CODES;

/** Bytes of a reason that fit into a close frame. */
const MAX_REASON_BYTES = 123;

/** Why a connection is closed, for its client to see. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, reason: string) {
    super(reason.slice(0, MAX_REASON_BYTES));
    this.kind = kind;
  }

  get code(): number {
    return CODES[this.kind];
  }
}
