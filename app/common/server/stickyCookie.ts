import { randomUUID } from "node:crypto";
import fastifyCookie from "@fastify/cookie";
import type { FastifyInstance } from "fastify";
import type { StickyCookie } from "../../contract/httpRouting.ts";
import type { Origins } from "../http/origins.ts";
import { isTls } from "./securityHeaders.ts";

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Sets, with every answer, the cookie by which a load balancer keeps a browser on its replica. It says nothing: it is
 * a random value, which a browser keeps for as long as it comes back.
 *
 * From a page of another site browsers send a cookie under TLS only, and some only where it belongs to that site
 * alone. An Application Load Balancer lets its own cookie come from there, too, but not in all browsers
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html).
 */
export async function addStickyCookie(
  app: FastifyInstance,
  { name, maxAgeSeconds }: StickyCookie,
  { hasOthers }: Origins,
): Promise<void> {
  await app.register(fastifyCookie);
  app.addHook("onRequest", (request, reply, done) => {
    const had = request.cookies[name];
    const secure = isTls(request);
    reply.setCookie(name, had !== undefined && UUID.test(had) ? had : randomUUID(), {
      path: "/",
      maxAge: maxAgeSeconds,
      // For an Application Load Balancer, which does not read Max-Age; browsers prefer that.
      expires: new Date(Date.now() + maxAgeSeconds * 1000),
      httpOnly: true,
      secure,
      ...(secure && hasOthers ? { sameSite: "none", partitioned: true } : { sameSite: "lax" }),
    });
    done();
  });
}
