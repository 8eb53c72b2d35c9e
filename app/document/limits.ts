/** Limits of a replica; those of a document apply to each replica separately. */
export interface DocumentLimits {
  /**
   * Bytes of a document's state, in which deleted text counts as a few bytes. Updates have the same limit, because an
   * undo may restore everything at once.
   */
  maxDocumentBytes: number;
  /** Updates per second and connection, with a burst of two seconds' worth. */
  maxUpdatesPerSecond: number;
  /** Seconds that an update may wait to be saved; after that the connection is closed, and the editor keeps it. */
  maxSaveSeconds: number;
  maxConnectionsPerDocument: number;
  maxConnections: number;
}

/** Deepest nesting of elements: deeper nesting overflows the stack of a page or server that shows or deletes it. */
export const MAX_DEPTH = 200;

/** Most Yjs clients of a document, one for each visit of an editor: Yjs iterates over all of them with each update. */
export const MAX_CLIENTS = 20_000;

/** Most steps to open a document beyond those that each item takes anyway, as `Integration` counts them. */
export const MAX_OPENING_DETOURS = 300_000;

/** Detours after which opening a stored document fails: no document grows that far under the limit above. */
export const MAX_STORED_DETOURS = 4 * MAX_OPENING_DETOURS;

/** Bytes of the size limit per item, mark or gap: how long a document takes to open depends on their number, too. */
const BYTES_OF_STRUCT = 32;

/** Most items, marks and gaps of a document, and so of an update. */
export function maxStructs(maxDocumentBytes: number): number {
  return Math.ceil(maxDocumentBytes / BYTES_OF_STRUCT);
}
