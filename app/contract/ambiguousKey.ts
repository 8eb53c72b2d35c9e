/** Routers may find another key in a request than the app: it is to be refused with 400. */
export class AmbiguousKeyError extends Error {
  override readonly name = "AmbiguousKeyError";
}
