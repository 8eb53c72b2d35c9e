/** Bytes that one byte of a message may take in a JSON request body (`\u0000`). */
const JSON_BYTES_PER_BYTE = 6;

/** Bytes a request body may have beside one message of full size, for batches of small ones. */
const BATCH_BYTES = 1024 * 1024;

/**
 * Bytes of a request body or a WebSocket frame, beyond which nothing is read into memory; and bytes that may wait
 * there until a session's client reads them.
 */
export function maxBodyBytes(maxMessageBytes: number): number {
  return BATCH_BYTES + JSON_BYTES_PER_BYTE * maxMessageBytes;
}
