import type { AppName } from "../app/common/apps.ts";
import { KEY_ROUTES, STICKY_COOKIE } from "../app/company/affinity.ts";
import type { Affinity } from "../workloads.ts";
import type { HttpRouting } from "./httpFront.ts";

/** How an app's clients can be kept on a replica here, with `none` to see what breaks. */
export const LOCAL_AFFINITIES: Record<AppName, readonly Affinity[]> = {
  echo: ["source-ip", "none"],
  company: ["cookie", "key", "none"],
};

/** The apps whose requests are routed one by one; of the others it is connections. */
export const HTTP_ROUTING: Partial<Record<AppName, HttpRouting>> = {
  company: { cookie: STICKY_COOKIE, keyRoutes: KEY_ROUTES },
};
