import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { shown } from "../../contract/shown.ts";

/** What an allowed page may send beside what browsers let every page send, and what it may read. */
const REQUEST_HEADERS = "Content-Type, Idempotency-Key";
const ANSWER_HEADERS = "X-Replica, Location, Link, Retry-After, Idempotent-Replayed";

/** How long a browser may keep what it was told before a request, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** Scheme, DNS name or address, and port; https://www.rfc-editor.org/rfc/rfc1123#page-13, with _, which is in use. */
const ORIGIN = /^https?:\/\/((\w([\w-]*\w)?\.)*\w([\w-]*\w)?\.?|\[[\da-f:]+\])(:\d+)?$/;

/** A list of origins; in the environment with commas between them. */
export const originList = z
  .string()
  .transform((text) => (text === "" ? [] : text.split(",").map((each) => each.trim())))
  .or(z.array(z.string()))
  .refine((origins) => origins.every(isOrigin))
  .meta({
    description: "a list of origins, each https:// or http:// with a host, in lower case",
    example: "https://app.example.com,https://other.example.com",
  });

/** Which pages may use a server: its own and those of a list. Who is no page in a browser may always. */
export class Origins {
  readonly #allowed: ReadonlySet<string>;

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** Whether pages of other origins may use the server. */
  get hasOthers(): boolean {
    return this.#allowed.size > 0;
  }

  /** The list, as a policy names those who may show a page in a frame. */
  get frameAncestors(): string {
    return ["'self'", ...this.#allowed].join(" ");
  }

  /**
   * Whether a page that may not use the server has made a request. Not to be asked of requests by which a person
   * opens a page: a link may stand anywhere.
   */
  isStranger({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (origin === undefined) {
      // Scripts, frames and images come without it; over TLS browsers say as much as this of them.
      return /^(cross|same)-site$/.test(String(headers["sec-fetch-site"]));
    }
    return !this.#allowed.has(origin) && !isOwn(origin, host);
  }

  /** Lets an allowed page read the answer; true where it has only asked whether it may, and is answered. */
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

/** The answer to a page that may not use the server. Behind a proxy that changes the header Host, that is every page. */
export function strangerDetail({ headers: { origin, host } }: IncomingMessage): string {
  const got =
    origin === undefined
      ? "a page of another site"
      : `a page of another origin, Origin is ${shown(origin)} and Host is ${shown(host)}`;
  return (
    `the request comes from ${got}: ` +
    "add the origin to allowedOrigins, or have the proxy in front of the server pass on the header Host"
  );
}

/** By host and port alone: where a load balancer ends TLS, the scheme is another one. */
function isOwn(origin: string, host: string | undefined): boolean {
  const from = URL.parse(origin);
  return from !== null && URL.parse(`${from.protocol}//${host}`)?.host === from.host;
}

/** Whether a browser sends text as an origin: URLs may have hosts that no name server knows, such as `*.example`. */
function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && URL.parse(text)?.origin === text;
}
