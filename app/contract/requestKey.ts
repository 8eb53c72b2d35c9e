import type { IncomingMessage } from "node:http";
import { AmbiguousKeyError } from "./ambiguousKey.ts";
import { jsonKey } from "./jsonKey.ts";
import { normaliseIdentifier, type KeyRoute } from "./keyRoute.ts";

/** The parts of a request, beside the body, that may contain its key. */
export type KeyedRequest = Pick<IncomingMessage, "method" | "url" | "headersDistinct">;

/** An origin-form or absolute-form target (RFC 9112, 3.2), whose path it captures. */
const TARGET = /^(?:https?:\/\/[^/?]+)?(\/[^?]*)/i;

/** Visible ASCII characters but `#`; HAProxy rejects all others in a target. */
const TARGET_CHARACTERS = /^[!"$-~]+$/;

/** Printable ASCII characters, without spaces around them. */
const COOKIE_VALUE = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

/** A pair in `Cookie` as HAProxy separates them: also by commas, and not within quotes. */
const PAIR_OF_HAPROXY = /[^=;,]*(?:=(?:"(?:\\.|[^"\\])*"?|[^";,])*)?/g;

/** Whether finding the key requires the body. */
export function hasKeyInBody(routes: readonly KeyRoute[], request: KeyedRequest): boolean {
  return matching(routes, request).some(({ key }) => key.from === "json");
}

/**
 * The key of a request, by the first route that finds one. docs/request-keys.md has these rules in prose. If this does not
 * throw, and the app uses the key that it returns, HAProxy has found the same key.
 *
 * @param body required if it may contain the key
 * @returns undefined if there is no key, or an empty one
 * @throws AmbiguousKeyError where HAProxy may find another key than the app
 */
export function requestKey(
  routes: readonly KeyRoute[],
  request: KeyedRequest,
  body?: Buffer,
): string | undefined {
  for (const route of matching(routes, request)) {
    const written = readKey(route, request, body) ?? "";
    const key = route.normalise === "identifier" ? normaliseIdentifier(written) : written;
    if (key !== "") {
      return key;
    }
  }
  return undefined;
}

/** @throws AmbiguousKeyError */
function matching(routes: readonly KeyRoute[], request: KeyedRequest): KeyRoute[] {
  const forMethod = routes.filter(({ methods }) => methods.some((each) => each === request.method));
  const segments = forMethod.length === 0 ? [] : segmentsOf(request);
  return forMethod.filter((route) => {
    const before = segmentsBefore(route);
    const isInPlace = before.every((segment, index) => segment === segments[index]);
    const hasMore = segments.length > before.length;
    return isInPlace && hasMore === (route.key.from === "path");
  });
}

/** @throws AmbiguousKeyError */
function readKey(
  route: KeyRoute,
  request: KeyedRequest,
  body: Buffer | undefined,
): string | undefined {
  const { key } = route;
  switch (key.from) {
    case "json":
      return body && jsonKey(body, key.field);
    case "header":
      return headerKey(request, key.header);
    case "cookie":
      return cookieKey(request, key.cookie);
    case "path":
      return segmentsOf(request)[segmentsBefore(route).length];
  }
}

/** A header that is sent once. If there are several, HAProxy takes the last, while Node.js joins them. */
function headerKey({ headersDistinct }: KeyedRequest, name: string): string | undefined {
  const [value, ...others] = headersDistinct[name.toLowerCase()] ?? [];
  if (others.length > 0) {
    throw new AmbiguousKeyError(`${name} is sent ${others.length + 1} times; it must be sent once`);
  }
  if (value !== undefined && !/^[ -~]*$/.test(value)) {
    throw new AmbiguousKeyError(`${name} must be printable ASCII characters`);
  }
  return value;
}

/** A cookie that is sent once, however `Cookie` is separated, and that needs no decoding. */
function cookieKey({ headersDistinct }: KeyedRequest, name: string): string | undefined {
  const lines = headersDistinct.cookie ?? [];
  const values = lines.flatMap((line) => line.split(";")).flatMap(valueOf);
  const routed = lines.flatMap((line) => line.match(PAIR_OF_HAPROXY) ?? []).flatMap(valueOf);
  const [value] = values;
  if (values.length > 1 || String(values) !== String(routed)) {
    throw new AmbiguousKeyError(
      `cookie ${name} must be sent once, and not within quotes or between commas`,
    );
  }
  if (value !== undefined && (!COOKIE_VALUE.test(value) || /["%,\\]/.test(value))) {
    throw new AmbiguousKeyError(
      `cookie ${name} must be printable ASCII characters other than " % , and \\`,
    );
  }
  return value;

  function valueOf(pair: string): string[] {
    const [left = "", ...right] = pair.split("=");
    const [found, ...rest] = left.split(/[ \t]+/).filter((word) => word !== "");
    return found === name && rest.length === 0 && right.length > 0 ? [right.join("=")] : [];
  }
}

/**
 * The segments of a path, percent-decoded after they are separated, because a segment may contain encoded slashes. Nothing
 * else is interpreted: `.`, `..`, `;`, `+` and empty segments are like any other.
 *
 * @throws AmbiguousKeyError
 */
function segmentsOf({ url = "" }: KeyedRequest): string[] {
  const path = TARGET_CHARACTERS.test(url) ? TARGET.exec(url)?.[1] : undefined;
  if (path === undefined) {
    throw new AmbiguousKeyError(
      "the target must be a path, or an http URL with a path, in ASCII and without #",
    );
  }
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    throw new AmbiguousKeyError("the path must be UTF-8, percent-encoded");
  }
}

/** The segments of a route's path, which precede the key if that is a segment. */
function segmentsBefore({ key, path }: KeyRoute): string[] {
  return (key.from === "path" ? path.replace(/\/$/, "") : path).split("/");
}
