import type { IncomingMessage } from "node:http";
import {
  AmbiguousKeyError,
  ODD_HEADER,
  oddCookie,
  oddParameter,
  READABLE_TARGET,
} from "./ambiguousKey.ts";
import { jsonKey } from "./jsonKey.ts";
import { normaliseIdentifier, placeOf, type KeyRoute } from "./keyRoute.ts";

/** The parts of a request, beside the body, that may contain its key. */
export type KeyedRequest = Pick<IncomingMessage, "method" | "url" | "headersDistinct">;

/** Visible ASCII characters but `#`; HAProxy rejects all others in a target. */
const TARGET_CHARACTERS = /^[!"$-~]+$/;

/** A pair in `Cookie` as HAProxy separates them: also by commas, and not within quotes. */
const PAIR_OF_HAPROXY = /[^=;,]*(?:=(?:"(?:\\.|[^"\\])*"?|[^";,])*)?/g;

/** Whether finding the key requires the body. */
export function hasKeyInBody(routes: readonly KeyRoute[], request: KeyedRequest): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headersDistinct;
  const hasBody = length !== undefined || encoding !== undefined;
  return hasBody && matching(routes, request).some(({ key }) => key.from === "json");
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
  const forMethod = routes.filter(
    ({ methods }) => methods?.some((each) => each === request.method) ?? true,
  );
  const path = forMethod.length === 0 ? [] : segmentsOf(request);
  return forMethod.filter((route) => {
    const { segments, hasMore } = placeOf(route);
    const isInPlace = segments.every((segment, index) => segment === path[index]);
    return isInPlace && hasMore === path.length > segments.length;
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
    case "query":
      return queryKey(request, key.parameter);
    case "path":
      return segmentsOf(request)[placeOf(route).segments.length];
  }
}

/** A header that is sent once. If there are several, HAProxy takes the last, while Node.js joins them. */
function headerKey({ headersDistinct }: KeyedRequest, name: string): string | undefined {
  const [value, ...others] = headersDistinct[name.toLowerCase()] ?? [];
  if (others.length > 0) {
    throw new AmbiguousKeyError(`${name} is sent ${others.length + 1} times; it must be sent once`);
  }
  if (value !== undefined && new RegExp(ODD_HEADER).test(value)) {
    throw new AmbiguousKeyError(`${name} must be printable ASCII characters`);
  }
  return value;
}

/** A cookie that is sent once, however `Cookie` is separated, and that needs no decoding. */
function cookieKey({ headersDistinct }: KeyedRequest, name: string): string | undefined {
  const [line = "", ...others] = headersDistinct.cookie ?? [];
  const values = line.split(";").flatMap(valueOf);
  const routed = line.match(PAIR_OF_HAPROXY)?.flatMap(valueOf) ?? [];
  const isOdd = others.length > 0 || new RegExp(oddCookie(name)).test(line);
  if (isOdd || values.length !== routed.length) {
    throw new AmbiguousKeyError(
      `cookie ${name} must be sent once, of printable ASCII characters other than " % , and \\`,
    );
  }
  return values[0];

  function valueOf(pair: string): string[] {
    const [left = "", ...right] = pair.split("=");
    const [found, ...rest] = left.split(/[ \t]+/).filter((word) => word !== "");
    return found === name && rest.length === 0 && right.length > 0 ? [right.join("=")] : [];
  }
}

/** A parameter that is sent once, decoded as in a form: `+` is a space. */
function queryKey({ url = "" }: KeyedRequest, name: string): string | undefined {
  const [, query = ""] = /\?(.*)/.exec(url) ?? [];
  if (new RegExp(oddParameter(name)).test(query)) {
    throw new AmbiguousKeyError(
      `parameter ${name} must be sent once, percent-encoded and without ;`,
    );
  }
  const pair = query.split("&").find((each) => each.startsWith(`${name}=`));
  return pair && decoded(pair.slice(name.length + 1).replaceAll("+", " "), `parameter ${name}`);
}

/**
 * The segments of a path, percent-decoded after they are separated, because a segment may contain encoded slashes. Nothing
 * else is interpreted: `.`, `..`, `;`, `+` and empty segments are like any other.
 *
 * @throws AmbiguousKeyError
 */
function segmentsOf({ url = "" }: KeyedRequest): string[] {
  const target = new RegExp(READABLE_TARGET);
  if (!target.test(url) || !TARGET_CHARACTERS.test(url)) {
    throw new AmbiguousKeyError(
      "the target must be a path, or an http URL with a path, in ASCII and without #",
    );
  }
  const [path = ""] = url.replace(target, "/").split("?");
  return path.split("/").map((segment) => decoded(segment, "the path"));
}

/** @throws AmbiguousKeyError */
function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AmbiguousKeyError(`${what} must be UTF-8, percent-encoded`);
  }
}
