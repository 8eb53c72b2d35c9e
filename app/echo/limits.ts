/** Bytes that one byte of a message may take in a JSON request body (`\u0000`). */
const JSON_BYTES_PER_BYTE = 6;

/** Bytes of a request body in addition to one message of full size, for batches of small ones. */
const BATCH_BYTES = 1024 * 1024;

/**
 * Maximum bytes of a request body or a WebSocket frame, and of messages that wait until a session's client reads them.
 */
export function maxBodyBytes(maxMessageBytes: number): number {
  return BATCH_BYTES + JSON_BYTES_PER_BYTE * maxMessageBytes;
}
