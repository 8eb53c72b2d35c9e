import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import type { AppName } from "./apps.ts";

/** The page loads nothing from elsewhere and is shown in no frame. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Serves an app's page and what belongs to it, as `build.ts` has made them. */
export async function addPage(scope: FastifyInstance, app: AppName): Promise<void> {
  await scope.register(fastifyStatic, {
    root: fileURLToPath(new URL(`../dist/${app}`, import.meta.url)),
    cacheControl: false,
    setHeaders: (reply) => {
      // With its cookie it is for one browser only.
      void reply.headers({
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": PAGE_POLICY,
      });
    },
  });
}
