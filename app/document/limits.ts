/** What a replica takes; a document's limits hold on each of its replicas. */
export interface DocumentLimits {
  /**
   * Bytes of a document's state; what was deleted counts as little as that it was there. An update has no more: to undo
   * may bring back all at once.
   */
  maxDocumentBytes: number;
  /** Updates a second from one connection; for a moment twice as many. */
  maxUpdatesPerSecond: number;
  /** For so long an update may wait until it is saved; then its editor is told that it is not, and keeps it. */
  maxSaveSeconds: number;
  maxConnectionsPerDocument: number;
  maxConnections: number;
}

/** Deepest nesting of elements: what goes deeper overflows the stack of whoever deletes or shows it. */
export const MAX_DEPTH = 200;

/** Clients that have written in a document, one for each visit: with each update Yjs goes through all of them. */
export const MAX_CLIENTS = 20_000;

/** Steps that it may take to open a document beside those for each of its items, as `Integration` counts them. */
export const MAX_OPENING_DETOURS = 300_000;

/** Steps after which a document that was saved is given up: none is let grow so far. */
export const MAX_STORED_DETOURS = 4 * MAX_OPENING_DETOURS;

/** Bytes for each item, mark or gap that a document may have: its size alone does not tell how long it takes to open. */
const BYTES_OF_STRUCT = 32;

/** Items, marks and gaps of a document, and so of an update. */
export function maxStructs(maxDocumentBytes: number): number {
  return Math.ceil(maxDocumentBytes / BYTES_OF_STRUCT);
}
