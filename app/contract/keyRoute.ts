/** HTTP methods of which a route may speak. */
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Where in a request its key stands; `path`: the segment after the route's path. */
export type KeySource =
  | { from: "json"; field: string }
  | { from: "header"; header: string }
  | { from: "cookie"; cookie: string }
  | { from: "path" };

/**
 * Requests with a key: those about one key meet in one replica, all others are spread. The key router's HAProxy and
 * the front of the local run follow the same routes. docs/request-keys.md defines the key byte by byte.
 */
export interface KeyRoute {
  methods: readonly Method[];
  /** Path, percent-decoded: the whole of it, or what stands before the key where that is a segment of the path. */
  path: string;
  key: KeySource;
  /** `identifier` leaves out spaces and hyphens and ignores case, see `normaliseIdentifier`. */
  normalise: "identifier" | "none";
}

/**
 * The canonical form of an identifier that people write with spaces, hyphens and in any case. Only ASCII letters have a
 * case here, as for HAProxy's `upper`.
 */
export function normaliseIdentifier(text: string): string {
  return text.replaceAll(/[ -]/g, "").replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
}
