import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { AppName } from "../../contract/catalogue.ts";
import { inDist } from "./dist.ts";

/** The page loads nothing from other origins and cannot be framed. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Serves an app's page and its assets as `build.ts` has built them, compressed for clients that accept it.
 *
 * @param policy the page's Content-Security-Policy
 */
export async function addPage(
  scope: FastifyInstance,
  app: AppName,
  policy = PAGE_POLICY,
): Promise<void> {
  await scope.register(fastifyStatic, {
    root: inDist(app),
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply) => {
      // Responses set a cookie, so only the browser itself may cache them; it revalidates them each time.
      void reply.headers({
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": policy,
      });
    },
  });
}
