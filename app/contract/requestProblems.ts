import { MAX_BODY_BYTES, MAX_HEADERS_BYTES, MAX_URL_BYTES } from "./requestLimits.ts";

/** Why a body is rejected with 413. */
export function bodyTooLarge(maxBytes: number): string {
  return `the body is larger than ${maxBytes} bytes`;
}

/** Why the key router, and the front of the local run, reject a request by themselves, by status. */
export const REQUEST_PROBLEMS = {
  400: "the request is not valid HTTP",
  408: "the request did not arrive in time",
  413: bodyTooLarge(MAX_BODY_BYTES),
  414: `the URI is longer than ${MAX_URL_BYTES} bytes`,
  431: `the headers are larger than ${MAX_HEADERS_BYTES} bytes`,
} as const;

/** Why there is no response from the replica that got the request. */
export const REPLICA_LOST = "the replica disconnected; it may have carried out the request";
