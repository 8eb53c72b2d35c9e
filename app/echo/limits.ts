/**
 * Close statuses for all transports: 3000 more than the WebSocket status of that meaning (1008 policy violation, 1009
 * message too big, 1012 service restart, 1013 try again later, 1014 bad gateway), for an application may only send
 * 3000 to 4999 (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2).
 */
export const TOO_FAST = 4008;
export const MESSAGE_TOO_BIG = 4009;
export const SERVICE_RESTART = 4012;
export const TRY_AGAIN_LATER = 4013;
export const TOO_SLOW = 4014;

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
