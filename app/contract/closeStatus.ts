/**
 * Statuses that close sessions and WebSockets. An application may send 3000 to 4999 only
 * (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2), so these are 3000 more than the WebSocket status of the same
 * meaning: 1007 invalid data, 1008 policy violation, 1009 message too big, 1012 service restart, 1013 try again later,
 * 1014 bad gateway.
 */
export const INVALID = 4007;
export const TOO_FAST = 4008;
export const TOO_BIG = 4009;
export const SERVICE_RESTART = 4012;
export const TRY_AGAIN_LATER = 4013;
/** The client reads too slowly, or the server cannot serve it at the moment. */
export const TEMPORARILY_UNAVAILABLE = 4014;

// Without a WebSocket status of that meaning, these are 4000 more than the HTTP statuses 408 and 409.

/** Given by a client to a session that does not answer. */
export const NO_ANSWER = 4408;
/** The client's changes are based on a state that was replaced. */
export const OUTDATED = 4409;

/** Sent by a WebSocket library for a frame above its limit. */
export const FRAME_TOO_BIG = 1009;
