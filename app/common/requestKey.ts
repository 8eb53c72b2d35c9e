import type { IncomingHttpHeaders } from "node:http";
import { normaliseIdentifier, type KeyRoute } from "./keyRoute.ts";

/** What of a request may hold its key, beside the body. */
export interface KeyedRequest {
  method?: string | undefined;
  url?: string | undefined;
  headers: IncomingHttpHeaders;
}

/** Whether the body has to be read to know the key. */
export function hasKeyInBody(routes: readonly KeyRoute[], request: KeyedRequest): boolean {
  return matching(routes, request).some(({ key }) => key.from === "json");
}

/**
 * The key of a request, by the first route that finds one; a key that is empty or cannot be read is none.
 *
 * @param body where it has to be read for the key
 */
export function requestKey(
  routes: readonly KeyRoute[],
  request: KeyedRequest,
  body?: Buffer,
): string | undefined {
  return matching(routes, request)
    .map((route) => {
      const key = readKey(route, request, body) ?? "";
      return route.normalise === "identifier" ? normaliseIdentifier(key) : key;
    })
    .find((key) => key !== "");
}

/** A cookie's value, as it was sent. */
export function cookieOf({ cookie = "" }: IncomingHttpHeaders, name: string): string | undefined {
  const pairs = cookie.split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

function matching(routes: readonly KeyRoute[], request: KeyedRequest): KeyRoute[] {
  const path = decode(pathOf(request));
  return routes.filter((route) => {
    const isInPlace =
      route.key.from === "path" ? path?.startsWith(folderOf(route)) : path === route.path;
    return isInPlace === true && route.methods.some((method) => method === request.method);
  });
}

function readKey(
  { key, path }: KeyRoute,
  request: KeyedRequest,
  body: Buffer | undefined,
): string | undefined {
  switch (key.from) {
    case "json":
      return fieldOf(body, key.field);
    case "header": {
      const value = request.headers[key.header.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    }
    case "cookie":
      return cookieOf(request.headers, key.cookie);
    case "path": {
      // Decoded only when it is a segment by itself: in a key a slash may be encoded.
      const segment = folderOf({ path }).split("/").length - 1;
      return decode(pathOf(request).split("/")[segment] ?? "");
    }
  }
}

/** Only text is a key: what else a field may hold, the app refuses. */
function fieldOf(body: Buffer | undefined, field: string): string | undefined {
  try {
    const json: unknown = JSON.parse(String(body));
    const value: unknown = json instanceof Object ? Reflect.get(json, field) : undefined;
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function pathOf({ url = "" }: KeyedRequest): string {
  return url.split("?", 1)[0] ?? "";
}

/** A path as what stands before a segment. */
function folderOf({ path }: Pick<KeyRoute, "path">): string {
  return path.endsWith("/") ? path : `${path}/`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
