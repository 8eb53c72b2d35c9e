import type { IncomingMessage } from "node:http";

/** Of every answer; a page has a policy of its own. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  // Not none at all: a page's own forms would come without their origin.
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** What counts only under TLS: without it browsers ignore the first, and complain of the second. */
const TLS_HEADERS: Readonly<Record<string, string>> = {
  "Strict-Transport-Security": "max-age=31536000",
  "Cross-Origin-Opener-Policy": "same-origin",
};

const PLAIN = Object.entries(SECURITY_HEADERS);
const UNDER_TLS = [...PLAIN, ...Object.entries(TLS_HEADERS)];

/** The headers by which an answer keeps browsers from harm. */
export function securityHeaders(
  request: IncomingMessage,
): readonly (readonly [name: string, value: string])[] {
  return isTls(request) ? UNDER_TLS : PLAIN;
}

/**
 * Load balancers that end TLS say so; the first of several is the one that the browser sees. A Network Load Balancer
 * ends it and says nothing.
 */
export function isTls({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return /^\s*https\s*(,|$)/i.test(String(headers["x-forwarded-proto"] ?? ""));
}
