/** HTTP methods that a route may name. */
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Where in a request its key is; `path` is the segment after the route's path. */
export type KeySource =
  | { from: "json"; field: string }
  | { from: "header"; header: string }
  | { from: "cookie"; cookie: string }
  | { from: "query"; parameter: string }
  | { from: "path" };

/**
 * Requests with a key. Requests with the same key are sent to the same replica, all others are spread. The key router's
 * HAProxy and the front of the local run use the same routes. docs/request-keys.md defines the key byte by byte.
 */
export interface KeyRoute {
  /** @default - any method, also one that {@link Method} does not list */
  methods?: readonly Method[] | undefined;
  /**
   * Percent-decoded path: the whole path, or the part before the key if the key is a segment of it. One that ends with `/*`
   * stands for all paths below it, and `/*` for every path.
   */
  path: string;
  /** Where the key is. */
  key: KeySource;
  /** `identifier` removes spaces and hyphens and ignores case, see `normaliseIdentifier`. @default none */
  normalise?: "identifier" | "none" | undefined;
}

/**
 * The canonical form of an identifier that people write with spaces and hyphens and in any case. Only ASCII letters change
 * case, as in HAProxy's `upper`.
 */
export function normaliseIdentifier(text: string): string {
  return text.replaceAll(/[ -]/g, "").replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** The part of a path that a route compares. */
export interface RoutePlace {
  /** Segments that a path must start with, the first of which is empty, as in `/rooms`. */
  segments: readonly string[];
  /** Whether more segments must follow; otherwise none may. */
  hasMore: boolean;
}

/** Where in a path a route applies. */
export function placeOf({ key, path }: KeyRoute): RoutePlace {
  const folder = path.endsWith("/*") ? path.slice(0, -2) : undefined;
  return key.from === "path"
    ? { segments: path.replace(/\/$/, "").split("/"), hasMore: true }
    : { segments: (folder ?? path).split("/"), hasMore: folder !== undefined };
}
