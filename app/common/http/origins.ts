import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { shown } from "../../contract/shown.ts";

/** Headers that an allowed page may send and read, beside those that browsers always permit. */
const REQUEST_HEADERS = "Content-Type, Idempotency-Key";
const ANSWER_HEADERS = "X-Replica, Location, Link, Retry-After, Idempotent-Replayed";

/** How long a browser may cache a preflight response, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** Scheme, DNS name or address, and port (https://www.rfc-editor.org/rfc/rfc1123#page-13); `_` occurs in practice. */
const ORIGIN = /^https?:\/\/((\w([\w-]*\w)?\.)*\w([\w-]*\w)?\.?|\[[\da-f:]+\])(:\d+)?$/;

/** A list of origins, separated by commas in the environment. */
export const originList = z
  .string()
  .transform((text) => (text === "" ? [] : text.split(",").map((each) => each.trim())))
  .or(z.array(z.string()))
  .refine((origins) => origins.every(isOrigin))
  .meta({
    description: "a list of origins, each https:// or http:// with a host, in lower case",
    example: "https://app.example.com,https://other.example.com",
  });

/** The pages that may use a server: its own and those of a list. Requests that no browser page makes always may. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** Whether pages of other origins may use the server. */
  get hasOthers(): boolean {
    return this.#allowed.size > 0;
  }

  /** The list as the value of `frame-ancestors` in a Content-Security-Policy. */
  get frameAncestors(): string {
    return ["'self'", ...this.#allowed].join(" ");
  }

  /**
   * Whether a request comes from a page that may not use the server. Do not check navigations, because any site may
   * link to a page.
   */
  isForbidden({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (origin === undefined) {
      // Browsers send no Origin for scripts, frames and images, but over TLS they send Sec-Fetch-Site.
      return /^(cross|same)-site$/.test(String(headers["sec-fetch-site"]));
    }
    return !this.#allowed.has(origin) && !isOwn(origin, host);
  }

  /** Adds CORS headers for an allowed page; true if the request is a preflight, which is then answered. */
  admit({ headers, method }: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = headers;
    if (origin === undefined || !this.#allowed.has(origin)) {
      return false;
    }
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Access-Control-Expose-Headers", ANSWER_HEADERS);
    response.setHeader("Vary", "Origin");
    if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) {
      return false;
    }
    response.setHeader("Access-Control-Allow-Methods", "GET, POST");
    response.setHeader("Access-Control-Allow-Headers", REQUEST_HEADERS);
    response.setHeader("Access-Control-Max-Age", PREFLIGHT_SECONDS);
    response.writeHead(204).end();
    return true;
  }
}

/** Explains to a page why it may not use the server. Behind a proxy that changes the Host header, no page may. */
export function forbiddenDetail({ headers: { origin, host } }: IncomingMessage): string {
  const got =
    origin === undefined
      ? "a page of another site"
      : `a page of another origin (Origin is ${shown(origin)}, Host is ${shown(host)})`;
  return (
    `the request comes from ${got}; ` +
    "add the origin to allowedOrigins, or make the proxy in front of the server forward the Host header"
  );
}

/** Compares only host and port: behind a load balancer that terminates TLS, the scheme differs. */
function isOwn(origin: string, host: string | undefined): boolean {
  const from = URL.parse(origin);
  return from !== null && URL.parse(`${from.protocol}//${host}`)?.host === from.host;
}

/** Whether a text is an origin as browsers send it. `URL` alone accepts hosts that cannot exist, such as `*.example`. */
function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && URL.parse(text)?.origin === text;
}
