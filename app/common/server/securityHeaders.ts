/** Headers of every response; pages replace the Content-Security-Policy. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  // With `no-referrer`, the forms of a page would be sent without their origin.
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** Headers under TLS: without TLS, browsers ignore the first and warn about the second. */
const TLS_HEADERS: Readonly<Record<string, string>> = {
  "Strict-Transport-Security": "max-age=31536000",
  "Cross-Origin-Opener-Policy": "same-origin",
};

const PLAIN = Object.entries(SECURITY_HEADERS);
const UNDER_TLS = [...PLAIN, ...Object.entries(TLS_HEADERS)];

/** The headers that protect browsers, for responses with or without TLS. */
export function securityHeaders(
  isTls: boolean,
): readonly (readonly [name: string, value: string])[] {
  return isTls ? UNDER_TLS : PLAIN;
}
