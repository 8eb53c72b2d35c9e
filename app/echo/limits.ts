import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Close statuses for all transports: 3000 more than the WebSocket status of that meaning (1009 message
 * too big, 1012 service restart, 1013 try again later), for an application may only send 3000 to 4999
 * (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2).
 */
export const MESSAGE_TOO_BIG = 4009;
export const SERVICE_RESTART = 4012;
export const TRY_AGAIN_LATER = 4013;

/** Bytes that one byte of a message may take in a JSON request body (`\u0000`). */
const JSON_BYTES_PER_BYTE = 6;

/** Bytes a request body may have beside one message of full size, for batches of small ones. */
const BATCH_BYTES = 1024 * 1024;

/** Bytes of a request body or a WebSocket frame; beyond it nothing is read into memory. */
export function maxBodyBytes(maxMessageBytes: number): number {
  return BATCH_BYTES + JSON_BYTES_PER_BYTE * maxMessageBytes;
}

/** Answers 413 to a body over `limit` bytes, announced or met while reading; true if at once. */
export function refuseLargeBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: number,
): boolean {
  const refuse = (): void => {
    response.writeHead(413, { Connection: "close", "Content-Type": "text/plain; charset=utf-8" });
    response.end(`the body is larger than the ${String(limit)} bytes that are allowed\n`);
  };
  if (Number(request.headers["content-length"] ?? 0) > limit) {
    refuse();
    return true;
  }
  if (request.headers["transfer-encoding"] !== undefined) {
    let read = 0;
    request.on("data", (chunk: Buffer) => {
      read += chunk.length;
      if (read > limit && !response.writableEnded) {
        request.removeAllListeners();
        refuse();
        request.destroy();
      }
    });
  }
  return false;
}
