import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { AppName } from "../../contract/catalogue.ts";

/** The page loads nothing from elsewhere and is shown in no frame. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Serves an app's page and what belongs to it, as `build.ts` has made them: compressed, for who takes it so.
 *
 * @param policy where the page may load from
 */
export async function addPage(
  scope: FastifyInstance,
  app: AppName,
  policy = PAGE_POLICY,
): Promise<void> {
  await scope.register(fastifyStatic, {
    root: fileURLToPath(new URL(`../../dist/${app}`, import.meta.url)),
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply) => {
      // With its cookie it is for one browser only, which asks each time whether it has changed.
      void reply.headers({
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": policy,
      });
    },
  });
}
