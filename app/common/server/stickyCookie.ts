import { randomUUID } from "node:crypto";
import fastifyCookie from "@fastify/cookie";
import type { FastifyInstance } from "fastify";
import type { AppCookie } from "../../contract/httpRouting.ts";
import type { ServerContext } from "./serverContext.ts";

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Sets, with every response, the cookie that keeps a browser on its replica behind a load balancer. Its value is random
 * and stays the same for as long as the browser returns.
 *
 * From a page of another site, browsers send a cookie only under TLS, and some only if it is partitioned by site. An
 * Application Load Balancer's own cookie works there, too, but not in all browsers
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html).
 */
export async function addStickyCookie(
  app: FastifyInstance,
  { name, seconds }: AppCookie,
  context: ServerContext,
): Promise<void> {
  await app.register(fastifyCookie);
  app.addHook("onRequest", (request, reply, done) => {
    const current = request.cookies[name];
    const secure = context.isTls(request);
    reply.setCookie(name, current !== undefined && UUID.test(current) ? current : randomUUID(), {
      path: "/",
      maxAge: seconds,
      // For an Application Load Balancer, which ignores Max-Age; browsers prefer Max-Age.
      expires: new Date(Date.now() + seconds * 1000),
      httpOnly: true,
      secure,
      ...(secure && context.origins.hasOthers
        ? { sameSite: "none", partitioned: true }
        : { sameSite: "lax" }),
    });
    done();
  });
}
