import type { FastifyInstance, FastifyRequest } from "fastify";
import { AmbiguousKeyError } from "../../contract/ambiguousKey.ts";
import type { KeyRoute } from "../../contract/keyRoute.ts";
import { Problem } from "./problem.ts";
import { requestKey } from "../../contract/requestKey.ts";

const bodies = new WeakMap<FastifyRequest, Buffer>();

/** Keeps the bytes of a body, because routers read the key from them. */
export function keepBody(request: FastifyRequest, body: Buffer): void {
  bodies.set(request, body);
}

/**
 * Rejects requests whose key a router may have read differently from the app, because they may have reached the wrong
 * replica.
 */
export function refuseAmbiguousKeys(app: FastifyInstance, routes: readonly KeyRoute[]): void {
  // Runs after the validation of the route, whose errors say more about a malformed key.
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
