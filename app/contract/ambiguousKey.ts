/** Rejects a request in which a router may find another key than the app does; it is answered with 400. */
export class AmbiguousKeyError extends Error {
  override readonly name = "AmbiguousKeyError";
}
