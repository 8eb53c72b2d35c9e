/**
 * Statuses with which servers close sessions and connections: 3000 more than the WebSocket status of that meaning (1007
 * invalid data, 1008 policy violation, 1009 message too big, 1012 service restart, 1013 try again later, 1014 bad gateway),
 * for an application may only send 3000 to 4999 (https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2).
 */
export const INVALID = 4007;
export const TOO_FAST = 4008;
export const TOO_BIG = 4009;
export const SERVICE_RESTART = 4012;
export const TRY_AGAIN_LATER = 4013;
/** Who reads too slowly, and who asks for what cannot be had now. */
export const NOT_NOW = 4014;
/** What is sent was made on what is not there any more. WebSocket has no such status: 4000 more than that of HTTP. */
export const OUTDATED = 4409;
