/** HTTP methods that a route may have. */
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Where in a request its key is; `path` is the segment after the route's path. */
export type KeySource =
  | { from: "json"; field: string }
  | { from: "header"; header: string }
  | { from: "cookie"; cookie: string }
  | { from: "path" };

/**
 * Requests with a key. Requests with the same key are sent to the same replica, all others are spread. The key router's
 * HAProxy and the front of the local run use the same routes. docs/request-keys.md defines the key byte by byte.
 */
export interface KeyRoute {
  methods: readonly Method[];
  /** Percent-decoded path: the whole path, or the part before the key if the key is a segment of it. */
  path: string;
  key: KeySource;
  /** `identifier` removes spaces and hyphens and ignores case, see `normaliseIdentifier`. */
  normalise: "identifier" | "none";
}

/**
 * The canonical form of an identifier that people write with spaces and hyphens and in any case. Only ASCII letters change
 * case, as in HAProxy's `upper`.
 */
export function normaliseIdentifier(text: string): string {
  return text.replaceAll(/[ -]/g, "").replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}
