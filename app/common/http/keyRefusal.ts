import type { FastifyInstance, FastifyRequest } from "fastify";
import { AmbiguousKeyError } from "../../contract/ambiguousKey.ts";
import type { KeyRoute } from "../../contract/keyRoute.ts";
import { Problem } from "./problem.ts";
import { requestKey } from "../../contract/requestKey.ts";

const bodies = new WeakMap<FastifyRequest, Buffer>();

/** Keeps the bytes of a body, for that is what routers read. */
export function keepBody(request: FastifyRequest, body: Buffer): void {
  bodies.set(request, body);
}

/**
 * Refuses, before its handler, a request whose key a router may have read in another way than the app, and which may so
 * have come to a replica that is not the key's.
 */
export function refuseAmbiguousKeys(app: FastifyInstance, routes: readonly KeyRoute[]): void {
  // After the checks of the route, which have more to say about what is no key at all.
  app.addHook("preHandler", (request, _reply, done) => {
    try {
      requestKey(routes, request.raw, bodies.get(request));
    } catch (error) {
      throw error instanceof AmbiguousKeyError ? problemOf(error) : error;
    }
    done();
  });
}

function problemOf({ message }: AmbiguousKeyError): Problem {
  return new Problem(400, {
    kind: "ambiguous-key",
    title: "The key of the request is ambiguous",
    detail: message,
  });
}
