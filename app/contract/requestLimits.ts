/** Limits of a request at the key router, and at the front of the local run, which behaves alike. */

/** Bytes of a request line with its headers that are read at all. The other limits together fit into it. */
export const MAX_HEAD_BYTES = 65_536;

/** Bytes of a body that is read before a replica is chosen, because the key is in it. */
export const MAX_BODY_BYTES = 32_768;

export const MAX_HEADERS_BYTES = 8192;

export const MAX_URL_BYTES = 4096;

/** Seconds until the headers must have arrived; for the first request from the opening of its connection. */
export const HEADERS_SECONDS = 10;

/** Seconds until a body with a key must have arrived. */
export const BODY_SECONDS = 10;
